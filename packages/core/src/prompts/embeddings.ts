// Learned concepts (textual inversion, arXiv 2208.01618): names that stand for vectors in place of a token's, and where
// prompts name them. AUTOMATIC1111 finds the longest run of ids that is a name's; diffusers the word as it is written,
// "<cat-toy>", wherever it stands; ComfyUI what follows "embedding:".

import type { Tensor } from "../tensor/tensor.ts";

/** The vectors [n,D] of one concept, for the text encoders it was learned for. */
export type Embedding = Readonly<Partial<Record<EncoderPart, Tensor>>> & {
  /** The file that it comes from. */
  readonly path?: string;
};

/** A text encoder of a model. */
export type EncoderPart = "textEncoder" | "textEncoder2";

/** Concepts by the names that prompts call them. */
export type EmbeddingTable = ReadonlyMap<string, Embedding>;

/** How prompts name concepts: by the name alone, or as embedding:name. */
export type EmbeddingNaming = "name" | "prefixed";

/** A place in a text that names a concept. */
export interface EmbeddingMention {
  /** Its name in the table; undefined when it names none. */
  readonly name: string | undefined;
  /** What is written there. */
  readonly written: string;
  readonly start: number;
  readonly end: number;
}

/** The vectors of `embedding` for a text encoder, one by one. */
export function embeddingVectors(embedding: Embedding, part: EncoderPart): Float32Array[] {
  const vectors = embedding[part];
  if (vectors === undefined) return [];
  const [count, width] = vectors.dims;
  return Array.from({ length: count }, (_, i) => vectors.data.subarray(i * width, (i + 1) * width));
}

/** The mentions in `text` that its characters tell, in order; names without brackets are found among its ids (see chunks.ts). */
export function embeddingMentions(
  text: string,
  { table, naming }: { readonly table: EmbeddingTable; readonly naming: EmbeddingNaming },
): EmbeddingMention[] {
  return naming === "prefixed" ? prefixedMentions(text, table) : bracketedMentions(text, table);
}

/** embedding:name, which may have its file's ending, and a comma behind it. */
function prefixedMentions(text: string, table: EmbeddingTable): EmbeddingMention[] {
  return Array.from(text.matchAll(/(?<=^|\s)embedding:(\S+?)(?=,*(?:\s|$))/g), ({ 0: written, 1: name, index }) => ({
    name: [name, name.replace(/\.(pt|bin|safetensors)$/, "")].find((own) => table.has(own)),
    written,
    start: index,
    end: index + written.length,
  }));
}

/** Names in angle brackets, the longest first; case does not count, as to CLIP's tokenizer. */
function bracketedMentions(text: string, table: EmbeddingTable): EmbeddingMention[] {
  const names = [...table.keys()].filter(isBracketed).sort((a, b) => b.length - a.length);
  if (names.length === 0) return [];
  const pattern = new RegExp(names.map((name) => name.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("|"), "gi");
  return Array.from(text.matchAll(pattern), ({ 0: written, index }) => ({
    name: table.has(written) ? written : names.find((name) => name.toLowerCase() === written.toLowerCase()),
    written,
    start: index,
    end: index + written.length,
  }));
}

/** Whether `name` is a word as diffusers' are, "<cat-toy>": no prompt holds one by chance. */
export const isBracketed = (name: string): boolean => /^<[^\s<>]+>$/.test(name);
