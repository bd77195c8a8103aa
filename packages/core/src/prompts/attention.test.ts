import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { WeightedPrompt } from "./attention.ts";
import { a1111Weights, comfyuiWeights } from "./attention.ts";
import { placed } from "./placed-text.ts";

const shown = ({ pieces }: WeightedPrompt) =>
  pieces.map((piece) => (piece.kind === "break" ? "BREAK" : [piece.text.text, Math.round(piece.weight * 1e6) / 1e6]));
const brackets = fc
  .array(fc.constantFrom("(", ")", "[", "]", ":", "\\", "1.3", "-2", "a", " b", "BREAK", "\n", ":0.5)"), {
    maxLength: 60,
  })
  .map((tokens) => tokens.join(""));

describe("a1111Weights()", () => {
  test.each<[string, unknown[]]>([
    ["a fox", [["a fox", 1]]],
    ["", []],
    [
      "an (important) word",
      [
        ["an ", 1],
        ["important", 1.1],
        [" word", 1],
      ],
    ],
    ["(unbalanced", [["unbalanced", 1.1]]],
    [String.raw`\(literal\]`, [["(literal]", 1]]],
    [String.raw`a\\b\c`, [[String.raw`a\bc`, 1]]],
    // Neighbours of one weight are one piece, so that their words are.
    ["(unnecessary)(parens)", [["unnecessaryparens", 1.1]]],
    // Weights multiply; square brackets divide.
    [
      "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).",
      [
        ["a ", 1],
        ["house", 1.573],
        [" ", 1.1],
        ["on", 1],
        [" a ", 1.1],
        ["hill", 0.55],
        [", sun, ", 1.1],
        ["sky", 1.4641],
        [".", 1.1],
      ],
    ],
    ["[[a]]", [["a", 0.826446]]],
    // The two kinds of brackets close on their own.
    [
      "(a [b) c]",
      [
        ["a ", 1.1],
        ["b", 1],
        [" c", 0.909091],
      ],
    ],
    ["(a : 1.5 )", [["a ", 1.5]]],
    ["(a:-.5)", [["a", -0.5]]],
    ["a:1.5)", [["a:1.5)", 1]]],
    ["(a:b)", [["a:b", 1.1]]],
    ["a BREAK b", [["a ", 1], "BREAK", [" b", 1]]],
    ["BREAKFAST", [["BREAKFAST", 1]]],
  ])("a1111Weights() follows A1111's rules when the prompt is %j", (text, pieces) => {
    expect(shown(a1111Weights(placed(text)))).toEqual(pieces);
  });

  test("a1111Weights() warns at the place when a bracket has no partner", () => {
    expect(a1111Weights(placed("a) (b")).warnings).toEqual([
      { message: '")" closes nothing and is text', start: 1, end: 2 },
      { message: '"(" is never closed: it weights all that follows by 1.1', start: 3, end: 4 },
    ]);
    expect(a1111Weights(placed(String.raw`(a) [b] \(c`)).warnings).toEqual([]);
  });
});

describe("comfyuiWeights()", () => {
  test.each<[string, unknown[]]>([
    ["a fox", [["a fox", 1]]],
    [
      "a (b) c",
      [
        ["a ", 1],
        ["b", 1.1],
        [" c", 1],
      ],
    ],
    ["((b))", [["b", 1.21]]],
    // A number stands for itself, whatever is around it.
    ["((b:1.3))", [["b", 1.3]]],
    [
      "(a (b:1.2) c:1.5)",
      [
        ["a ", 1.5],
        ["b", 1.2],
        [" c", 1.5],
      ],
    ],
    ["[b]", [["[b]", 1]]],
    [String.raw`\(b\)`, [["(b)", 1]]],
    [String.raw`(b\):1.3)`, [["b)", 1.3]]],
    [
      "a (b",
      [
        ["a ", 1],
        ["(b", 1],
      ],
    ],
    ["a) (b)", [["a) (b)", 1]]],
    ["(b:c)", [["b:c", 1.1]]],
    ["a BREAK b", [["a BREAK b", 1]]],
  ])("comfyuiWeights() follows ComfyUI's rules when the prompt is %j", (text, pieces) => {
    expect(shown(comfyuiWeights(placed(text)))).toEqual(pieces);
  });
});

describe.each([
  ["a1111Weights", a1111Weights],
  ["comfyuiWeights", comfyuiWeights],
])("%s()", (name, weights) => {
  test(`${name}() gives finite weights and loses no text when the prompt is any string`, () => {
    fc.assert(
      fc.property(fc.oneof(brackets, fc.string({ unit: "binary" })), (text) => {
        const { pieces, warnings } = weights(placed(text));
        for (const piece of pieces) {
          if (piece.kind === "text") expect(Number.isFinite(piece.weight)).toBe(true);
          expect(piece.text.places.map((at) => text[at]).join("")).toBe(piece.text.text);
        }
        // What is left out is brackets, their numbers and backslashes.
        const kept = pieces.map((piece) => piece.text.text).join("");
        const left = (whole: string) => whole.replace(/[()[\]:\\\s+\-.\deE]/g, "");
        expect(left(kept)).toBe(left(text));
        for (const { start, end } of warnings) expect(text.slice(start, end)).toMatch(/^[()[\]]$/);
      }),
    );
  });

  test(`${name}() does not overflow when brackets are nested deeply`, () => {
    for (const text of [
      "([a".repeat(5000),
      `${"(".repeat(500)}a${")".repeat(500)}`,
      `(a:${"9".repeat(400)})`,
      "((a:0):1e999)",
    ])
      for (const piece of weights(placed(text)).pieces)
        if (piece.kind === "text") expect(Number.isFinite(piece.weight)).toBe(true);
  });
});
