// `noisette embedding inspect`: what is in files of textual inversion.

import { z } from "zod";
import { familyOf, readEmbedding, wordsOf } from "@noisette/core/adapters/embedding";
import type { EmbeddingFile } from "@noisette/core/adapters/embedding";
import { definitions } from "../terminal/table.ts";
import { UsageError } from "../usage-error.ts";
import { defineCommand } from "./command.ts";
import { jsonOption } from "./json-option.ts";

const forms: Readonly<Record<EmbeddingFile["form"], string>> = {
  a1111: "A1111's",
  diffusers: "diffusers'",
  sdxl: "SDXL's pair",
  picture: "A1111's, in a picture",
};

/** `noisette embedding inspect FILE`. */
export const command = defineCommand({
  usage: ["noisette embedding inspect FILE…"],
  about:
    "Says what is in embeddings of .pt, .bin and .safetensors files and of pictures: how prompts name them, for which models they are, how many vectors there are and how long these are. Nothing in a file is executed.",
  options: z.strictObject(jsonOption.shape),
  presentations: { json: { group: "Output" } },
  async run({ json }, words) {
    if (words.length === 0) throw new UsageError("Cannot inspect embeddings: no file is given");
    const reports = [];
    for (const path of words) reports.push(reportOf(await readEmbedding(path)));
    process.stdout.write(
      json ? `${JSON.stringify(reports, null, 2)}\n` : `${reports.map((report) => textOf(report)).join("\n\n")}\n`,
    );
  },
});

type Report = ReturnType<typeof reportOf>;

function reportOf(file: EmbeddingFile) {
  const { path, form, vectors, metadata } = file;
  return {
    path,
    words: wordsOf(file),
    form,
    family: familyOf(vectors),
    parts: Object.entries(vectors).map(([part, { dims, data }]) => {
      const [count, width] = dims;
      const lengths = Array.from({ length: count }, (_, i) => Math.hypot(...data.subarray(i * width, (i + 1) * width)));
      return { part, vectors: count, width, lengths };
    }),
    metadata,
  };
}

function textOf({ path, words, form, family, parts, metadata }: Report): string {
  const vectors = parts.map(({ part, vectors: count, width, lengths }) => {
    const shown = lengths.slice(0, 8).map((length) => length.toPrecision(3));
    return `${part === "clip" ? "" : `${part}: `}${count} × ${width}, lengths ${shown.join(", ")}${count > 8 ? ", …" : ""}`;
  });
  return [
    path,
    ...definitions([
      ["  in prompts", words.join(", ")],
      ["  form", forms[form]],
      ["  for", family ?? "a text encoder of another width"],
      ...vectors.map((text) => ["  vectors", text] as const),
      ...Object.entries(metadata).map(([name, value]) => [`  ${name}`, value] as const),
    ]),
  ].join("\n");
}
