import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatInfotext, parseInfotext } from "../image/infotext.ts";
import { composedParts } from "./composition.ts";
import { networkTags } from "./network-tags.ts";
import { placed } from "./placed-text.ts";
import type { PromptSyntaxId, ReadPromptOptions } from "./read-prompt.ts";
import { promptSyntaxes, readPrompt } from "./read-prompt.ts";

const ids = Object.keys(promptSyntaxes) as PromptSyntaxId[];
const a1111: ReadPromptOptions = { syntax: "a1111", steps: 10 };
const textOf = (text: string, options = a1111) =>
  readPrompt(text, options).parts.map(({ weight, stages }) => [
    weight,
    ...stages.map(({ pieces }) => pieces.map((piece) => piece.text.text).join("")),
  ]);

describe("an infotext", () => {
  test.each([
    "a (red:1.3) fox, [day:night:0.5]",
    "a cat :0.8 AND a dog\nBREAK <lora:x:0.5>, {a|b} __c__ # note\n  [x|y]",
    String.raw`\(smile\), Steps: 20`,
  ])("an infotext gives the prompt back when it is %j", (prompt) => {
    const fields = { Steps: 20, Sampler: "Euler", Seed: 1 };
    const text = formatInfotext({ prompt, negativePrompt: `not ${prompt}`, fields });
    expect(parseInfotext(text)).toMatchObject({ prompt, negativePrompt: `not ${prompt}` });
  });
});

describe("composedParts()", () => {
  test.each([
    ["a cat", [["a cat", 1]]],
    [
      "a cat AND a dog",
      [
        ["a cat ", 1],
        [" a dog", 1],
      ],
    ],
    [
      "a cat :1.2 AND a dog AND a penguin :-2.",
      [
        ["a cat", 1.2],
        [" a dog ", 1],
        [" a penguin", -2],
      ],
    ],
    [
      "SAND AND ANDES",
      [
        ["SAND ", 1],
        [" ANDES", 1],
      ],
    ],
    // One prompt has no weight: this is a time of day.
    ["a clock at 10:30", [["a clock at 10:30", 1]]],
  ])("composedParts() finds the parts of %j", (text, parts) => {
    expect(composedParts(placed(text)).map((part) => [part.text.text, part.weight])).toEqual(parts);
  });
});

describe("networkTags()", () => {
  test.each([
    ["<lora:x>", { name: "x", textEncoder: 1, unet: 1 }],
    ["<lora:x:0.5>", { name: "x", textEncoder: 0.5, unet: 0.5 }],
    ["<lora:x:0.5:0.8>", { name: "x", textEncoder: 0.5, unet: 0.8 }],
    ["<lora:x:0.5:0.8:16>", { name: "x", textEncoder: 0.5, unet: 0.8, rank: 16 }],
    ["<lora:x:te=0:unet=-1:dyn=4>", { name: "x", textEncoder: 0, unet: -1, rank: 4 }],
    [
      "<lora:x:0@0,1@0.5;0.2@12>",
      {
        name: "x",
        textEncoder: 0,
        unet: [
          [0, 0],
          [0.5, 1],
          [12, 0.2],
        ],
      },
    ],
    ["<lora:x:1:0.5@0.5:stop=8>", { name: "x", textEncoder: 1, unet: [[0.5, 0.5]], until: 8 }],
    ["<lora:x:1:start=0.3:lbw=1,0,0.5>", { name: "x", textEncoder: 1, unet: 1, from: 0.3, blockWeights: [1, 0, 0.5] }],
    ["<lyco:some name_v2.1:1>", { name: "some name_v2.1", textEncoder: 1, unet: 1 }],
  ])("networkTags() reads %j", (tag, wanted) => {
    const { text, networks, warnings } = networkTags(placed(`a ${tag} b`));
    expect(text.text).toBe("a  b");
    expect(networks).toEqual([{ kind: "lora", ...wanted, start: 2, end: 2 + tag.length }]);
    expect(warnings).toEqual([]);
  });

  test("networkTags() reads a hypernetwork, and warns of numbers and kinds that are none", () => {
    const { networks, warnings } = networkTags(placed("<hypernet:h:0.3><lora:x:abc><oops:y>"));
    expect(networks).toMatchObject([
      { kind: "hypernet", name: "h", weight: 0.3 },
      { kind: "lora", textEncoder: 1 },
    ]);
    expect(warnings.map(({ start }) => start)).toEqual([16, 28]);
    const odd = networkTags(placed("<lora:x:1@x><lora:x:lbw=MID><lora:x:stop=-1>"));
    for (const tag of odd.networks) {
      expect(tag).toMatchObject({ kind: "lora", name: "x", textEncoder: 1, unet: 1 });
      expect(Object.keys(tag)).not.toContain("blockWeights");
      expect(Object.keys(tag)).not.toContain("until");
    }
    expect(odd.warnings.map(({ start }) => start)).toEqual([0, 12, 28]);
  });
});

describe("readPrompt()", () => {
  test("readPrompt() leaves comments out when the syntax has them", () => {
    expect(textOf("a fox # in the snow\n#red\nat night")).toEqual([[1, "a fox \n\nat night"]]);
    expect(textOf("a #1 fox", { ...a1111, syntax: "comfyui" })).toEqual([[1, "a #1 fox"]]);
  });

  test("readPrompt() schedules each of AND's parts on its own", () => {
    expect(textOf("[a:b:3] AND c :0.5")).toEqual([
      [1, "a ", "b "],
      [0.5, " c"],
    ]);
  });

  test("readPrompt() takes AND and tags as text when the prompt is a negative one", () => {
    const negative = { ...a1111, role: "negative" } as const;
    expect(textOf("a AND [b::3] <lora:x:1>", negative)[0][1]).toBe("a AND b <lora:x:1>".replace(":1>", ":1>"));
    expect(readPrompt("<lora:x:1>", negative).networks).toEqual([]);
  });

  test("readPrompt() takes every character as text when the syntax is plain", () => {
    const text = String.raw`(a:1.3) [b:c:3] AND <lora:x:1> # \(`;
    expect(textOf(text, { ...a1111, syntax: "plain" })).toEqual([[1, text]]);
  });

  test("readPrompt() keeps brackets as text when weights are off", () => {
    expect(textOf("(a:1.3) [b:c:5]", { ...a1111, weights: false })).toEqual([[1, "(a:1.3) b", "(a:1.3) c"]]);
  });

  test("readPrompt() tells of a bracket once when it is in every stage, where it was written", () => {
    expect(readPrompt("# [\n[a|b] c)", a1111).warnings).toEqual([
      { message: '")" closes nothing and is text', start: 11, end: 12 },
    ]);
  });

  test.each(ids)("readPrompt() reads any string when the syntax is %s", (syntax) => {
    const tokens = fc.constantFrom(
      "(",
      ")",
      "[",
      "]",
      ":",
      "|",
      "\\",
      "#",
      "\n",
      "<lora:",
      ">",
      " AND ",
      "BREAK",
      "a",
      "0.5",
      "{",
    );
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(tokens, { maxLength: 50 }).map((all) => all.join("")),
    );
    fc.assert(
      fc.property(text, fc.constantFrom("positive" as const, "negative" as const), (written, role) => {
        const { parts, warnings } = readPrompt(written, { syntax, steps: 7, role });
        expect(parts.length).toBeGreaterThan(0);
        for (const { weight, stages } of parts) {
          expect(Number.isFinite(weight)).toBe(true);
          expect(stages.at(-1)!.until).toBe(7);
        }
        for (const { start, end } of warnings) expect(0 <= start && start <= end && end <= written.length).toBe(true);
      }),
    );
  });
});
