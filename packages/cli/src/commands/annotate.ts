// `noisette annotate`: control pictures for ControlNets and T2I-Adapters, by core's table or by a network in a file.

import { z } from "zod";
import type { Image } from "@noisette/core";
import { annotate, annotatorIds, annotators } from "@noisette/core/image/annotators/index";
import type { Annotator, AnnotatorId } from "@noisette/core/image/annotators/index";
import { writePicture } from "@noisette/core/image/picture-file";
import { readImage } from "@noisette/core/image/png";
import { closestName } from "@noisette/core/safetensors/closest-name";
import type { Presentation } from "../flags/flag.ts";
import { partOf } from "../flags/part-of.ts";
import { modelOptions, modelPresentations } from "../models/model-options.ts";
import { openOutputFolder, saveNew } from "../pictures/output-folder.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { definitions } from "../terminal/table.ts";
import { UsageError } from "../usage-error.ts";
import { defineCommand } from "./command.ts";

const rows: Readonly<Record<string, Annotator>> = annotators;
const deviceOptions = modelOptions.pick({ device: true, threads: true });

/** The options of all annotators, each once: what it is to whom. */
function optionsOfAll(): z.ZodObject {
  const all = annotatorIds.flatMap((id) => Object.entries(rows[id].options.shape as Record<string, z.ZodDefault>));
  const described = all.map(([name, type]) => {
    const told = all.filter(([other]) => other === name).map(([, { description }]) => description);
    const text = [...new Set(told)].map((description) => {
      const users = usersOf(name).filter((id) => rows[id].options.shape[name].description === description);
      const { defaultValue } = (rows[users[0]].options.shape[name] as z.ZodDefault).def;
      return `${users.join(", ")}: ${description}${defaultValue === false ? "" : ` (${String(defaultValue)})`}`;
    });
    return [name, (type.unwrap() as z.ZodType).optional().describe(text.join("; "))] as const;
  });
  return z.strictObject(Object.fromEntries(described));
}

/** The annotators that have an option `name`. */
const usersOf = (name: string): AnnotatorId[] => annotatorIds.filter((id) => name in rows[id].options.shape);

const ownOptions = optionsOfAll();
const ownPresentations = Object.fromEntries(
  Object.keys(ownOptions.shape).map((name): [string, Presentation] => [name, { group: "Annotators" }]),
);

/** `noisette annotate`, which alone lists the annotators. */
export const command = defineCommand({
  usage: ["noisette annotate", "noisette annotate NAME|FILE PICTURE RESULT [flags]"],
  about:
    "Makes control pictures for ControlNets and T2I-Adapters by an annotator of the list, or by ControlNet's HED or lineart network in a file (.pth, .safetensors). Writes over no file.",
  options: ownOptions.extend(deviceOptions.shape),
  presentations: {
    ...ownPresentations,
    device: { ...modelPresentations.device, group: "Networks" },
    threads: { ...modelPresentations.threads, group: "Networks" },
  },
  groups: ["Annotators", "Networks"],
  async run(given, words) {
    const [name, picture, result] = words;
    if (name === undefined) {
      process.stdout.write(`${overview()}\n`);
      return;
    }
    const isFile = /\.(pth|pt|bin|safetensors)$/i.test(name);
    if (!isFile && rows[name] === undefined)
      throw new UsageError(
        `Cannot annotate by "${name}": no such annotator (closest: "${closestName(name, annotatorIds)}"; noisette annotate lists them)`,
      );
    if (words.length !== 3)
      throw new UsageError(
        `Cannot annotate: ${words.length} words (noisette annotate NAME|FILE PICTURE RESULT is wanted)`,
      );
    const options = partOf(ownOptions, given);
    const strange = Object.keys(options).find((option) => isFile || !(option in rows[name].options.shape));
    if (strange !== undefined)
      throw new UsageError(`Cannot use --${strange} with ${name}: it is for ${usersOf(strange).join(", ")}`);
    const image = await readImage(picture);
    const output = await openOutputFolder(result, 1);
    const made = isFile
      ? await annotateByNetwork(name, image, partOf(deviceOptions, given))
      : annotate(name as AnnotatorId, image, options);
    const file = { ...output, name: output.name ?? name };
    process.stdout.write(`${await saveNew(file, (to) => writePicture(to, made, { format: output.format }))}\n`);
  },
});

/** What there is, and what other programs call it. */
function overview(): string {
  const lines = annotatorIds.map((id) => {
    const { draws, names } = rows[id];
    return [id, names.length === 0 ? draws : `${draws} (elsewhere ${names.join(", ")})`] as const;
  });
  return definitions(lines).join("\n");
}

async function annotateByNetwork(
  path: string,
  image: Image,
  { device = "auto", threads }: Partial<z.output<typeof deviceOptions>>,
): Promise<Image> {
  const { openEngine } = await import("@noisette/core/runtime/open-engine");
  const { loadAnnotator } = await import("@noisette/core/pipelines/network-annotator");
  return interruptible(async (signal) => {
    const engine = await openEngine({ device, threads });
    try {
      return await (await loadAnnotator(engine, path)).annotate(image, { signal });
    } finally {
      await engine.close();
    }
  });
}
