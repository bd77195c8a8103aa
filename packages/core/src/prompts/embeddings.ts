// Learned concepts (textual inversion, arXiv 2208.01618): names that stand for vectors in place of a token's.

import type { Tensor } from "../tensor/tensor.ts";

/** The vectors [n,D] of one concept, for the text encoders it was learned for. */
export type Embedding = Readonly<Partial<Record<"textEncoder" | "textEncoder2", Tensor>>>;

/** Concepts by the names that prompts call them. */
export type EmbeddingTable = ReadonlyMap<string, Embedding>;

/** The vectors of `embedding` for a text encoder, one by one. */
export function embeddingVectors(embedding: Embedding, part: keyof Embedding): Float32Array[] {
  const vectors = embedding[part];
  if (vectors === undefined) return [];
  const [count, width] = vectors.dims;
  return Array.from({ length: count }, (_, i) => vectors.data.subarray(i * width, (i + 1) * width));
}
