import fc from "fast-check";
import { expect, test } from "vitest";
import { highlightPrompt } from "./highlight.ts";

const parts = (prompt: string, role: "positive" | "negative" = "positive") =>
  highlightPrompt(prompt, role).stretches.map(
    ({ text, part, changes }) => `${part}${changes ? "~" : ""} ${JSON.stringify(text)}`,
  );

test("highlightPrompt() tells weights and their brackets apart when brackets nest", () => {
  expect(parts("a (red:1.3) [fox] in ((snow))")).toEqual([
    'text "a "',
    'mark "("',
    'more "red"',
    'mark ":1.3)"',
    'text " "',
    'mark "["',
    'less "fox"',
    'mark "]"',
    'text " in "',
    'mark "(("',
    'more "snow"',
    'mark "))"',
  ]);
});

test("highlightPrompt() marks what is there at some steps when a prompt has schedules", () => {
  expect(parts("a [cat:dog:0.5] and [red|blue]")).toEqual([
    'text "a "',
    'mark "["',
    'text~ "cat"',
    'mark ":"',
    'text~ "dog"',
    'mark ":0.5]"',
    'text " and "',
    'mark "["',
    'text~ "red"',
    'mark "|"',
    'text~ "blue"',
    'mark "]"',
  ]);
});

test("highlightPrompt() knows networks, choices, keywords and comments", () => {
  expect(parts("fox <lora:snow:0.8> BREAK {a|b} __animal__ AND owl # later")).toEqual([
    'text "fox "',
    'network "<lora:snow:0.8>"',
    'text " "',
    'keyword "BREAK"',
    'text " "',
    'choice "{a|b}"',
    'text " "',
    'choice "__animal__"',
    'text " "',
    'keyword "AND"',
    'text " owl "',
    'comment "# later"',
  ]);
});

test("highlightPrompt() takes AND and tags for text when the prompt is negative", () => {
  expect(parts("a AND <lora:x:1>", "negative")).toEqual(['text "a AND <lora:x:1>"']);
});

test("highlightPrompt() gives the prompt back for any string", () => {
  const pieces = fc.constantFrom(
    "(",
    ")",
    "[",
    "]",
    ":",
    "|",
    "<lora:",
    ">",
    "#",
    "\n",
    "__",
    "{",
    "}",
    "\\",
    "a",
    " AND ",
    "1.5",
    "😀",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (list) => {
      const prompt = list.join("");
      expect(
        highlightPrompt(prompt, "positive")
          .stretches.map(({ text }) => text)
          .join(""),
      ).toBe(prompt);
    }),
  );
});
