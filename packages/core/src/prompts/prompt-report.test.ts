import { beforeAll, describe, expect, test } from "vitest";
import type { ClipTokenizer } from "../tokenizers/clip.ts";
import { openTokenizer } from "../tokenizers/open.ts";
import { promptReport } from "./prompt-report.ts";

let tokenizer: ClipTokenizer;
beforeAll(async () => {
  tokenizer = await openTokenizer({ builtIn: "clip", padToken: "<|endoftext|>" });
});
const report = (prompt: string, steps = 6) =>
  promptReport(prompt, { syntax: "a1111", steps, tokenizer, chunking: "a1111" });
const calls = (prompt: string, steps?: number) =>
  report(prompt, steps).parts[0].stages.map((stage) => [
    stage.chunks[0].map(({ text }) => text).join(" "),
    ...stage.calls,
  ]);

describe("promptReport()", () => {
  test("promptReport() tells each text once, with all the calls it holds in", () => {
    expect(calls("[cat:dog:2]")).toEqual([
      ["cat", [1, 3]],
      ["dog", [4, 6]],
    ]);
    // A1111 counts calls from 0 and steps from 1: the first option has the first two.
    expect(calls("[cat|dog]")).toEqual([
      ["cat", [1, 2], [4, 4], [6, 6]],
      ["dog", [3, 3], [5, 5]],
    ]);
    expect(calls("fox", 1)).toEqual([["fox", [1, 1]]]);
  });

  test("promptReport() shows tokens with their weights, chunk by chunk", () => {
    const [{ chunks }] = report("a (red:1.3) BREAK fox").parts[0].stages;
    expect(chunks.map((chunk) => chunk.map(({ text, weight }) => [text, weight]))).toEqual([
      [
        ["a", 1],
        ["red", 1.3],
      ],
      [["fox", 1]],
    ]);
    expect(chunks[1][0].id).toBe(tokenizer.encode("fox").ids[0]);
  });

  test("promptReport() says where a prompt is cut off when it is", () => {
    const prompt = "fox ".repeat(80);
    const [{ stages }] = promptReport(prompt, { syntax: "plain", steps: 1, tokenizer, chunking: "cut" }).parts;
    expect(stages[0].cutAt).toBe(300);
  });
});
