// Writes embeddings as other programs read them: AUTOMATIC1111's .pt, the pair of SDXL that A1111 and ComfyUI share, and diffusers'
// one tensor under the word, in a file for each text encoder.

import { writeTorchFile } from "../checkpoints/save/torch-file.ts";
import { joinPath, parentFolder } from "#platform";
import type { EncoderPart } from "../prompts/embeddings.ts";
import { writeSafetensors } from "../safetensors/write.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** A learned word to write. */
export interface LearnedWord {
  /** What diffusers' prompts call it. */
  readonly word: string;
  /** Vectors [n,D] for each text encoder of the model. */
  readonly vectors: ReadonlyMap<EncoderPart, Tensor>;
  /** Steps trained. */
  readonly step: number;
  /** What it was learned on. */
  readonly model: { readonly name: string; readonly hash: string };
}

/**
 * Writes `stem`.pt for a model with one text encoder, `stem`.safetensors for SDXL, and beside it diffusers' learned_embeds.safetensors
 * (and learned_embeds_2). Returns the first one's path.
 */
export async function writeEmbedding(stem: string, { word, vectors, step, model }: LearnedWord): Promise<string> {
  const folder = parentFolder(stem);
  for (const [part, own] of vectors) {
    const file = part === "textEncoder" ? "learned_embeds" : "learned_embeds_2";
    const [count, width] = own.dims;
    const dims = count === 1 ? [width] : own.dims;
    await writeSafetensors(joinPath(folder, `${file}.safetensors`), [[word, { dims, data: own.data }]]);
  }
  const [first, second] = [vectors.get("textEncoder"), vectors.get("textEncoder2")];
  if (first !== undefined && second !== undefined) {
    const path = `${stem}.safetensors`;
    await writeSafetensors(path, Object.entries({ clip_l: first, clip_g: second }), { metadata: { name: word } });
    return path;
  }
  const path = `${stem}.pt`;
  await writeTorchFile(
    path,
    new Map<string, Parameters<typeof writeTorchFile>[1]>([
      // The id of "*" in CLIP's vocabulary, which A1111 writes for every word.
      ["string_to_token", new Map([["*", 265]])],
      ["string_to_param", new Map([["*", (first ?? second)!]])],
      ["name", word],
      ["step", step],
      ["sd_checkpoint", model.hash],
      ["sd_checkpoint_name", model.name],
    ]),
  );
  return path;
}
