import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePrompt, printPrompt } from "./grammar.ts";
import { placed } from "./placed-text.ts";
import { promptSchedule } from "./schedule.ts";

/** Strings that are mostly grammar. */
const written = fc
  .array(fc.constantFrom("(", ")", "[", "]", ":", "|", "\\", "a", "b ", "3", "0.5", " ", "\n", "AND", "BREAK", "狐"), {
    maxLength: 60,
  })
  .map((tokens) => tokens.join(""));

const schedule = (text: string, steps = 10, before?: number) =>
  promptSchedule(parsePrompt(placed(text)), { steps, before }).map(({ until, text }) => [until, text.text]);

describe("parsePrompt()", () => {
  test("parsePrompt() keeps the text when any string is printed again", () => {
    fc.assert(
      fc.property(fc.oneof(written, fc.string({ unit: "binary" })), (text) => {
        expect(printPrompt(parsePrompt(placed(text)))).toBe(text);
      }),
    );
  });

  test.each(["(", "[", "[a:", "[[a:b:"])("parsePrompt() reads it quickly when %j is nested deeply", (open) => {
    const text = `${open.repeat(5_000)}b${":3]".repeat(5_000)}`;
    expect(printPrompt(parsePrompt(placed(text)))).toBe(text);
    schedule(text);
  });
});

describe("promptSchedule()", () => {
  test.each([
    ["a fox", [[10, "a fox"]]],
    // [to:when], with or without space; [from::when]; [from:to:when]
    [
      "a [red:3] fox",
      [
        [3, "a  fox"],
        [10, "a red fox"],
      ],
    ],
    [
      "a [red: 3 ]",
      [
        [3, "a "],
        [10, "a red"],
      ],
    ],
    [
      "a [red::3]",
      [
        [3, "a red"],
        [10, "a "],
      ],
    ],
    [
      "[day:night:4] sky",
      [
        [4, "day sky"],
        [10, "night sky"],
      ],
    ],
    [
      "[ day : night : 4 ]",
      [
        [4, " day "],
        [10, " night "],
      ],
    ],
    // A point makes it a part of the run.
    [
      "[a:b:.5]",
      [
        [5, "a"],
        [10, "b"],
      ],
    ],
    [
      "[a:b:0.25]",
      [
        [2, "a"],
        [10, "b"],
      ],
    ],
    [
      "[a:b:1]",
      [
        [1, "a"],
        [10, "b"],
      ],
    ],
    ["[a:b:1.0]", [[10, "a"]]],
    // Out of the run.
    ["[a:b:0]", [[10, "b"]]],
    ["[a:b:-2]", [[10, "b"]]],
    ["[a:b:99]", [[10, "a"]]],
    // One in another.
    [
      "[a:[b:c:6]:2]d",
      [
        [2, "ad"],
        [6, "bd"],
        [10, "cd"],
      ],
    ],
    [
      "[a:(b:1.3):3]",
      [
        [3, "a"],
        [10, "(b:1.3)"],
      ],
    ],
    [
      "x [[[y]]:2]",
      [
        [2, "x "],
        [10, "x [[y]]"],
      ],
    ],
    // What is none of these is text.
    ["[a:b]", [[10, "[a:b]"]]],
    ["[a:b:c:3]", [[10, "[a:b:c:3]"]]],
    ["a [open", [[10, "a [open"]]],
    [
      "a) [b:3]",
      [
        [3, "a) "],
        [10, "a) b"],
      ],
    ],
    [
      "((a][:b:c [d:3]",
      [
        [3, "((a][:b:c "],
        [10, "((a][:b:c d"],
      ],
    ],
    ["[a ( b:c:3]", [[10, "[a ( b:c:3]"]]],
    [String.raw`\[a:b:3\]`, [[10, String.raw`\[a:b:3\]`]]],
    [
      "a {b|c} [d:3]",
      [
        [3, "a {b|c} "],
        [10, "a {b|c} d"],
      ],
    ],
  ])("promptSchedule() follows A1111's grammar when the prompt is %j", (text, stages) => {
    expect(schedule(text)).toEqual(stages);
  });

  test("promptSchedule() takes the options in turn when the prompt alternates", () => {
    expect(schedule("[fe|]male", 4)).toEqual([
      [1, "female"],
      [2, "male"],
      [3, "female"],
      [4, "male"],
    ]);
    expect(schedule("[a|(b:1.1)|c]", 4).map(([, text]) => text)).toEqual(["a", "(b:1.1)", "c", "a"]);
    expect(schedule("[a|[b:c:3]]", 4).map(([, text]) => text)).toEqual(["a", "b", "a", "c"]);
  });

  test("promptSchedule() counts on when it is for a second pass", () => {
    expect(schedule("[a:b:.5]", 10, 20)).toEqual([[10, "b"]]);
    expect(schedule("[a:b:1.5]", 10, 20)).toEqual([
      [5, "a"],
      [10, "b"],
    ]);
    expect(schedule("[a:b:22]", 10, 20)).toEqual([
      [2, "a"],
      [10, "b"],
    ]);
  });

  test("promptSchedule() covers every step once when the prompt is any string", () => {
    fc.assert(
      fc.property(written, fc.integer({ min: 1, max: 30 }), (text, steps) => {
        const ends = schedule(text, steps).map(([until]) => until as number);
        expect(ends.at(-1)).toBe(steps);
        expect(ends).toEqual([...new Set(ends)].sort((a, b) => a - b));
        expect(ends[0]).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  test("promptSchedule() knows where every character was written", () => {
    fc.assert(
      fc.property(written, (text) => {
        for (const stage of promptSchedule(parsePrompt(placed(text)), { steps: 5 }))
          expect(stage.text.places.map((at) => text[at]).join("")).toBe(stage.text.text);
      }),
    );
  });
});
