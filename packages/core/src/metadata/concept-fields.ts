// Embeddings and hypernetworks in the words of AUTOMATIC1111's infotext: the field "TI hashes", and tags in the prompt.

import type { PictureRecord } from "../pipelines/record.ts";
import { labelOf } from "./lora-fields.ts";

/** "TI hashes" as A1111 writes it: "name: hash, name: hash". */
export function embeddingHashesField(embeddings: PictureRecord["embeddings"] = []): string | undefined {
  const hashes = embeddings.flatMap(({ word, hash }) =>
    hash === undefined ? [] : [`${word.replaceAll(/[:,]/g, "")}: ${hash}`],
  );
  return hashes.length === 0 ? undefined : hashes.join(", ");
}

/** `prompt` with a tag for each hypernetwork that options name: A1111 has no other place for several. */
export function withHypernetworkTags(
  prompt: string,
  hypernetworks: PictureRecord["options"]["hypernetworks"] = [],
): string {
  const tags = hypernetworks.map(({ name, weight = 1 }) => `<hypernet:${labelOf(name)}:${weight}>`);
  return [prompt, ...tags].filter((text) => text !== "").join(" ");
}
