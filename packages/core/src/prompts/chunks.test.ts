import { beforeAll, describe, expect, test } from "vitest";
import type { ClipTokenizer } from "../tokenizers/clip.ts";
import { openTokenizer } from "../tokenizers/open.ts";
import { tensor } from "../tensor/tensor.ts";
import type { PromptPiece } from "./attention.ts";
import { a1111Weights, comfyuiWeights } from "./attention.ts";
import type { ChunkingId, ChunkOptions } from "./chunks.ts";
import { promptChunks } from "./chunks.ts";
import { placed } from "./placed-text.ts";

let tokenizer: ClipTokenizer;
beforeAll(async () => {
  tokenizer = await openTokenizer({ builtIn: "clip", padToken: "<|endoftext|>" });
});

const words = (count: number, word = "fox") => Array<string>(count).fill(word).join(" ");
const plain = (text: string): PromptPiece[] => [{ kind: "text", text: placed(text), weight: 1 }];
const lengths = (pieces: readonly PromptPiece[], chunking: ChunkingId, more: Partial<ChunkOptions> = {}) =>
  promptChunks(pieces, tokenizer, { chunking, capacity: 75, ...more }).chunks.map(({ length }) => length);

describe("promptChunks()", () => {
  test("promptChunks() makes one empty chunk when there is no text", () => {
    for (const chunking of ["a1111", "comfyui", "cut"] as const) expect(lengths([], chunking)).toEqual([0]);
  });

  test.each([
    // A full chunk ends where it is full, unless a comma is at most 20 tokens back: then behind the comma.
    [words(75), [75]],
    [words(76), [75, 1]],
    [`${words(60)}, ${words(20)}`, [61, 20]],
    [`${words(54)}, ${words(30)}`, [75, 10]],
    [`${words(55)}, ${words(30)}`, [56, 30]],
    // The comma itself may begin the next chunk.
    [`${words(75)}, ${words(10)}`, [75, 11]],
    [`${words(40)}, ${words(20)}, ${words(40)}`, [62, 40]],
    // A chunk that ends in a comma ends there by itself.
    [`${words(74)}, ${words(40)}`, [75, 40]],
    [words(150), [75, 75]],
  ])("promptChunks() goes back to a comma as A1111 does (case %#)", (text, wanted) => {
    expect(lengths(plain(text), "a1111")).toEqual(wanted);
  });

  test.each([
    ["a BREAK b", [1, 1]],
    ["a BREAK", [1]],
    ["BREAK a", [0, 1]],
    ["a BREAK BREAK b", [1, 0, 1]],
    ["BREAK", [0]],
    [`${words(80)} BREAK ${words(3)}`, [75, 5, 3]],
  ])("promptChunks() begins a chunk when there is a BREAK: %j", (text, wanted) => {
    expect(lengths(a1111Weights(placed(text)).pieces, "a1111")).toEqual(wanted);
  });

  test("promptChunks() parts long runs anywhere and short weighted ones not at all when it chunks as ComfyUI", () => {
    const run = (text: string) => lengths(comfyuiWeights(placed(text)).pieces, "comfyui");
    expect(run(`${words(60)}, ${words(20)}`)).toEqual([75, 6]);
    expect(run(`${words(72)} (${words(7)}:1.2) fox`)).toEqual([72, 8]);
    expect(run(`${words(72)} (${words(8)}:1.2) fox`)).toEqual([75, 6]);
  });

  test("promptChunks() keeps 75 tokens and says where it cut when it cuts", () => {
    const { chunks, cut } = promptChunks(plain(words(80)), tokenizer, { chunking: "cut", capacity: 75 });
    expect(chunks.map(({ length }) => length)).toEqual([75]);
    expect(cut!.start).toBe(75 * 4);
  });

  test("promptChunks() gives each token its weight and its place in the written prompt", () => {
    const text = String.raw`a (red \(fox\):1.5) [b]`;
    const [chunk] = promptChunks(a1111Weights(placed(text)).pieces, tokenizer, {
      chunking: "a1111",
      capacity: 75,
    }).chunks;
    expect(chunk.map(({ start, end, weight }) => [text.slice(start, end), Math.round(weight * 100) / 100])).toEqual([
      ["a", 1],
      ["red", 1.5],
      ["(", 1.5],
      ["fox", 1.5],
      [")", 1.5],
      ["b", 0.91],
    ]);
  });
});

describe("promptChunks() with embeddings", () => {
  const vectors = (count: number, value: number) => ({
    textEncoder: tensor([count, 4], new Float32Array(count * 4).fill(value)),
  });
  const table = new Map([
    ["bad", vectors(1, 1)],
    ["bad hands", vectors(3, 2)],
    ["huge", vectors(80, 3)],
  ]);
  const chunksOf = (text: string, naming: "name" | "prefixed") =>
    promptChunks(plain(text), tokenizer, {
      chunking: naming === "name" ? "a1111" : "comfyui",
      capacity: 75,
      embeddings: { table, part: "textEncoder", naming },
    }).chunks.map((chunk) => chunk.map(({ vector }) => vector?.[0]));

  test("promptChunks() takes the longest name when one begins with another", () => {
    expect(chunksOf("Bad hands, bad fox", "name")).toEqual([[2, 2, 2, undefined, 1, undefined]]);
  });

  test("promptChunks() wants embedding: before the name when ComfyUI does", () => {
    expect(chunksOf("bad embedding:bad, embedding:none", "prefixed")[0].slice(0, 2)).toEqual([undefined, 1]);
  });

  test("promptChunks() keeps the vectors of a name in one chunk as far as they fit into one", () => {
    expect(chunksOf(`${words(73)} bad hands`, "name").map(({ length }) => length)).toEqual([73, 3]);
    expect(chunksOf("huge fox", "name").map(({ length }) => length)).toEqual([75, 6]);
  });
});
