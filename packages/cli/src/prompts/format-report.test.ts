import { describe, expect, it } from "vitest";
import { promptReport } from "@noisette/core/prompts/prompt-report";
import { openTokenizer } from "@noisette/core/tokenizers/open";
import { formatPromptReport } from "./format-report.ts";

const tokenizer = await openTokenizer({ builtIn: "clip", padToken: "<|endoftext|>" });
const shown = (prompt: string) => ({
  role: "positive" as const,
  tokenizer: "tokenizer",
  templateWarnings: [],
  ...promptReport(prompt, { syntax: "a1111", steps: 10, tokenizer, chunking: "a1111" }),
});

describe("formatPromptReport()", () => {
  it("formatPromptReport() shows steps, chunks and weights", () => {
    expect(
      formatPromptReport([shown("a (red:1.3) fox [by day:by night:4] BREAK snow AND owl :0.5")], { ids: true }),
    ).toBe(
      `prompt
    a (red:1.3) fox [by day:by night:4] BREAK snow AND owl :0.5
part 1, weight 1
  steps 1–5 of 10
    chunk 1, 5 tokens: a#320 red#736×1.3 fox#3240 by#638 day#575
    chunk 2, 1 token: snow#2583
  steps 6–10 of 10
    chunk 1, 5 tokens: a#320 red#736×1.3 fox#3240 by#638 night#930
    chunk 2, 1 token: snow#2583
part 2, weight 0.5
    chunk 1, 1 token: owl#9899
`,
    );
  });

  it("formatPromptReport() puts a caret under what a warning is about", () => {
    const [, , warning, line, caret] = formatPromptReport([shown(`${"fox ".repeat(30)}red)\nb`)], { ids: false })
      .split("\n")
      .slice(1);
    expect(warning).toBe('warning: ")" closes nothing and is text');
    expect(line.indexOf(")")).toBe(caret.indexOf("^"));
    expect(line.length).toBeLessThan(80);
  });
});
