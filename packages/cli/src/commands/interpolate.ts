// `noisette interpolate`: from prompt to prompt and seed to seed, as a moving picture.

import { basename, dirname, extname } from "node:path";
import { z } from "zod";
import { generateOptions } from "@noisette/core/pipelines/options";
import type { Keyframe } from "@noisette/core/pipelines/interpolate";
import type { Image } from "@noisette/core";
import { adapterFolderOption, adapterFolderPresentation, readAdapterFolder } from "../adapters/adapter-folder.ts";
import { partOf } from "../flags/part-of.ts";
import { loadOptions, modelOptions, modelPresentations } from "../models/model-options.ts";
import { defaultModel } from "../models/default-model.ts";
import { readControls } from "../pictures/read-controls.ts";
import { readIpAdapters } from "../pictures/read-ip-adapters.ts";
import { openOutputFolder, saveNew } from "../pictures/output-folder.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { noProgress, showProgress } from "../terminal/progress.ts";
import { UsageError } from "../usage-error.ts";
import { defineCommand } from "./command.ts";
import { generateGroups, generatePresentations, pictureNetworkOptions } from "./generate-options.ts";

const frameOptions = generateOptions.omit({
  prompt: true,
  seed: true,
  count: true,
  promptTo: true,
  promptBlend: true,
  variationSeed: true,
  variationStrength: true,
  attention: true,
  attentionSteps: true,
  // Written with the names of their pictures.
  controls: true,
  ipAdapters: true,
});
const animationOptions = z.strictObject({
  seeds: z
    .array(z.int().min(0))
    .min(1)
    .optional()
    .describe("A seed for each prompt, or for each turn of the one prompt"),
  frames: z.int().min(1).max(1000).default(12).describe("Frames from each prompt to the next"),
  fps: z.number().gt(0).max(50).default(12).describe("Frames a second"),
  backAndForth: z.boolean().optional().describe("Run back to the start at the end"),
  out: z.string().min(1).default("outputs/interpolation.webp").describe("Name of the file, in .webp or .gif"),
  quiet: z.boolean().optional().describe("Say nothing but errors and the path"),
});

/** `noisette interpolate`. */
export const command = defineCommand({
  usage: [
    'noisette interpolate "a red fox" "a blue sea" [flags]',
    'noisette interpolate "a red fox" --seeds 1,2,3 [flags]',
  ],
  about:
    "Makes the pictures between prompts, between seeds, or both, and saves them as an animation, never over an existing file.",
  options: frameOptions
    .extend(pictureNetworkOptions.shape)
    .extend(adapterFolderOption)
    .extend(modelOptions.shape)
    .extend(animationOptions.shape),
  presentations: {
    ...generatePresentations,
    ...adapterFolderPresentation,
    ...modelPresentations,
    seeds: { group: "Picture", short: "S" },
    frames: { group: "Picture", short: "f" },
    fps: { group: "Output" },
    backAndForth: { group: "Output" },
    out: { group: "Output", short: "o", value: "FILE" },
    quiet: { group: "Output", short: "q" },
  },
  groups: generateGroups,
  async run(given, prompts) {
    const { frames, fps, backAndForth, out, seeds, quiet } = animationOptions.parse(partOf(animationOptions, given));
    const keyframes = keyframesOf(prompts, seeds);
    const extension = extname(out).slice(1).toLowerCase();
    if (extension !== "webp" && extension !== "gif")
      throw new UsageError(`Cannot save an animation as "${out}": a name in .webp or .gif is wanted`);
    const { folder } = await openOutputFolder(dirname(out), 1);
    const { inputs: adapters } = await readAdapterFolder(given.adapters);
    const controls = await readControls(given.controls);
    const ipAdapters = await readIpAdapters(given.ipAdapters);
    const inputs = { ...adapters, ...controls, ...ipAdapters };
    const named = partOf(modelOptions, given);
    const path = named.model ?? (process.env.NOISETTE_MODEL || defaultModel().path);
    const progress = quiet ? noProgress : showProgress(process.stderr);
    const pictures: Image[] = [];
    try {
      await interruptible(async (signal) => {
        progress.loading(path);
        const { load } = await import("@noisette/core");
        const { interpolate } = await import("@noisette/core/pipelines/interpolate");
        const model = await load(path, { ...loadOptions(named), signal, onDownload: progress.download });
        try {
          const way = { keyframes, framesBetween: frames, signal, onEvent: progress.event };
          for await (const { image } of interpolate(model, way, { ...partOf(frameOptions, given), ...inputs }))
            pictures.push(image!);
        } finally {
          await model.close();
        }
      });
    } finally {
      progress.end();
    }
    const { writeAnimation } = await import("@noisette/core/image/animation");
    const file = { folder, name: basename(out, extname(out)), extension };
    const saved = await saveNew(file, (to) => writeAnimation(to, pictures, { fps, backAndForth }));
    process.stdout.write(`${saved}\n`);
  },
});

/** The pictures to pass through: as many as there are prompts or seeds, of which the single one is every picture's. */
function keyframesOf(prompts: readonly string[], seeds: readonly number[] = [0]): Keyframe[] {
  const count = Math.max(prompts.length, seeds.length);
  const fits = (length: number) => length === 1 || length === count;
  if (count < 2 || !fits(prompts.length) || !fits(seeds.length)) {
    throw new UsageError(
      `Cannot interpolate: ${prompts.length} prompts and ${seeds.length} seeds (two or more of either, and of the other as many or one, are wanted)`,
    );
  }
  return Array.from({ length: count }, (_, i) => ({
    prompt: prompts[prompts.length === 1 ? 0 : i],
    seed: seeds[seeds.length === 1 ? 0 : i],
  }));
}
