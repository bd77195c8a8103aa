// Prompts of any length for a text encoder of 77 places: chunks of 75 tokens, each between a start and an end token. Where
// a chunk ends is a matter of taste: AUTOMATIC1111 goes back to the last comma when that is near, ComfyUI keeps short
// weighted runs whole, diffusers cuts the rest off.

import type { ClipTokenizer } from "../tokenizers/clip.ts";
import type { PromptPiece } from "./attention.ts";
import type { EmbeddingNaming, EmbeddingTable, EncoderPart } from "./embeddings.ts";
import { embeddingMentions, embeddingVectors, isBracketed } from "./embeddings.ts";

/** One place of a chunk. */
export interface ChunkToken {
  readonly id: number;
  readonly weight: number;
  /** What stands here instead of the id's own vector, and the concept it belongs to. */
  readonly vector?: Float32Array;
  readonly embedding?: string;
  /** The range of the written prompt. */
  readonly start: number;
  readonly end: number;
}

/** A prompt in chunks, without start, end and padding; one chunk at least. */
export interface Chunks {
  readonly chunks: readonly (readonly ChunkToken[])[];
  /** The first token that was cut off, by "cut" only. */
  readonly cut?: ChunkToken;
  /** What names a concept that the table does not have; it is left out. */
  readonly unknown: readonly UnknownConcept[];
}

/** A concept that is named and not there, and the range of the written prompt. */
export interface UnknownConcept {
  readonly written: string;
  readonly start: number;
  readonly end: number;
}

/** How to make chunks. */
export interface ChunkOptions {
  readonly chunking: ChunkingId;
  /** Tokens of a chunk: the encoder's positions without start and end. */
  readonly capacity: number;
  readonly embeddings?: {
    readonly table: EmbeddingTable;
    readonly part: EncoderPart;
    readonly naming: EmbeddingNaming;
  };
}

/** Tokens that stay together: one, or the vectors of a concept; in ComfyUI a short piece. */
type Group = readonly ChunkToken[];

/** A run of groups between BREAKs, and where they may be parted. */
type Fill = (
  groups: readonly Group[],
  options: { readonly capacity: number; readonly comma: number },
) => ChunkToken[][];

/** The ways of making chunks, by id. */
export const chunkings = {
  a1111: {
    summary: "chunks of 75 tokens that end at a comma where one is near",
    whole: () => false,
    fill: backToComma,
  },
  comfyui: { summary: "chunks of 75 tokens, short weighted runs kept whole", whole: isShort, fill: keepGroups },
  cut: { summary: "one chunk; what does not fit is cut off", whole: () => false, fill: keepGroups },
} satisfies Record<string, { summary: string; whole: (piece: Group) => boolean; fill: Fill }>;

/** A way's id. */
export type ChunkingId = keyof typeof chunkings;

/** The chunks of a prompt's pieces. */
export function promptChunks(
  pieces: readonly PromptPiece[],
  tokenizer: ClipTokenizer,
  { chunking, capacity, embeddings }: ChunkOptions,
): Chunks {
  const { whole, fill } = chunkings[chunking];
  const unknown: UnknownConcept[] = [];
  const comma = tokenizer.encode(",").ids;
  const runs: Group[][] = [[]];
  for (const piece of pieces) {
    if (piece.kind === "break") {
      runs.push([]);
      continue;
    }
    const groups = tokensOf(piece, tokenizer, { embeddings, unknown });
    const together = groups.flat();
    runs.at(-1)!.push(...(whole(together) ? [together] : groups));
  }
  // A BREAK at the very end opens no chunk.
  if (runs.length > 1 && runs.at(-1)!.length === 0) runs.pop();
  const chunks = runs.flatMap((run) => {
    const filled = fill(run, { capacity, comma: comma.length === 1 ? comma[0] : -1 });
    return filled.length === 0 ? [[]] : filled;
  });
  if (chunking !== "cut" || chunks.length === 1) return { chunks, unknown };
  return { chunks: chunks.slice(0, 1), cut: chunks.slice(1).flat()[0], unknown };
}

/** How many tokens A1111 goes back for a comma, if it is not told otherwise. */
const backtrack = 20;

function backToComma(
  groups: readonly Group[],
  { capacity, comma }: { readonly capacity: number; readonly comma: number },
): ChunkToken[][] {
  const chunks: ChunkToken[][] = [];
  let chunk: ChunkToken[] = [];
  let lastComma = -1;
  const next = (rest: ChunkToken[] = []) => {
    chunks.push(chunk);
    [chunk, lastComma] = [rest, -1];
  };
  for (const group of groups) {
    const isComma = group.length === 1 && group[0].vector === undefined && group[0].id === comma;
    if (isComma) lastComma = chunk.length;
    else if (chunk.length === capacity && lastComma !== -1 && capacity - lastComma <= backtrack)
      next(chunk.splice(lastComma + 1));
    if (chunk.length + group.length > capacity && chunk.length > 0) next();
    chunk.push(...group);
    while (chunk.length > capacity) next(chunk.splice(capacity));
  }
  if (chunk.length > 0) next();
  return chunks;
}

function keepGroups(groups: readonly Group[], { capacity }: { readonly capacity: number }): ChunkToken[][] {
  const chunks: ChunkToken[][] = [[]];
  for (const group of groups) {
    if (chunks.at(-1)!.length + group.length > capacity && chunks.at(-1)!.length > 0) chunks.push([]);
    for (const token of group) {
      if (chunks.at(-1)!.length === capacity) chunks.push([]);
      chunks.at(-1)!.push(token);
    }
  }
  return chunks.filter((chunk) => chunk.length > 0);
}

/** Runs of 8 tokens and more ComfyUI parts anywhere. */
function isShort(tokens: Group): boolean {
  return tokens.length < 8;
}

/** A piece's tokens, each by itself, and the vectors of each concept together. Mentions of none are added to `unknown`. */
function tokensOf(
  { text, weight }: Extract<PromptPiece, { kind: "text" }>,
  tokenizer: ClipTokenizer,
  { embeddings, unknown }: { readonly embeddings: ChunkOptions["embeddings"]; readonly unknown: UnknownConcept[] },
): Group[] {
  const encode = (from: number, to?: number): ChunkToken[] => {
    const { ids, spans } = tokenizer.encode(text.text.slice(from, to));
    return ids.map((id, i) => {
      const [start, end] = spans[i];
      return { id, weight, start: text.places[from + start], end: text.places[from + end - 1] + 1 };
    });
  };
  if (embeddings === undefined) return encode(0).map((token) => [token]);
  const { table, part, naming } = embeddings;
  // The start token's id, which stands in front anyway: where the text ends, which pooling looks for, is not moved.
  const concept = (name: string, start: number, end: number): Group =>
    embeddingVectors(table.get(name)!, part).map((vector) => ({
      id: tokenizer.startId,
      weight,
      vector,
      embedding: name,
      start,
      end,
    }));
  const names = naming === "name" ? namesById(table, tokenizer) : [];

  /** Tokens as groups: the longest sequence of ids that is a name's is its concept. */
  const named = (tokens: readonly ChunkToken[]): Group[] => {
    const groups: Group[] = [];
    for (let at = 0; at < tokens.length;) {
      const found = names.find(({ ids }) => ids.every((id, i) => tokens[at + i]?.id === id));
      const length = found?.ids.length ?? 1;
      const last = tokens[at + length - 1];
      groups.push(found === undefined ? [tokens[at]] : concept(found.name, tokens[at].start, last.end));
      at += length;
    }
    return groups;
  };

  const groups: Group[] = [];
  let from = 0;
  for (const { name, written, start, end } of embeddingMentions(text.text, embeddings)) {
    groups.push(...named(encode(from, start)));
    const [first, last] = [text.places[start], text.places[end - 1] + 1];
    if (name === undefined) unknown.push({ written, start: first, end: last });
    else groups.push(concept(name, first, last));
    from = end;
  }
  return [...groups, ...named(encode(from))];
}

/** The names of a table as ids, the longest first. */
function namesById(table: EmbeddingTable, tokenizer: ClipTokenizer): { name: string; ids: readonly number[] }[] {
  return [...table.keys()]
    .filter((name) => !isBracketed(name))
    .map((name) => ({ name, ids: tokenizer.encode(name).ids }))
    .filter(({ ids }) => ids.length > 0)
    .sort((a, b) => b.ids.length - a.ids.length);
}
