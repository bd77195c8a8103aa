import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatInfotext, parseInfotext } from "./infotext.ts";

describe("parseInfotext()", () => {
  test("reads what A1111 writes", () => {
    const text = `(masterpiece:1.2), portrait of a fox,
in the snow
Negative prompt: ugly, fat,
blurry
Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 965400086, Size: 512x768, Model hash: 45dee52b, Model: v1-5, Lora hashes: "more_details: 3b8aa1d351ef, x: 1", Hires prompt: "a\\nb \\"c\\"", Version: v1.10.1`;
    expect(parseInfotext(text)).toEqual({
      prompt: "(masterpiece:1.2), portrait of a fox,\nin the snow",
      negativePrompt: "ugly, fat,\nblurry",
      fields: {
        Steps: "20",
        Sampler: "DPM++ 2M",
        "Schedule type": "Karras",
        "CFG scale": "7",
        Seed: "965400086",
        Size: "512x768",
        "Model hash": "45dee52b",
        Model: "v1-5",
        "Lora hashes": "more_details: 3b8aa1d351ef, x: 1",
        "Hires prompt": 'a\nb "c"',
        Version: "v1.10.1",
      },
    });
  });

  test.each([
    ["", "", "", {}],
    ["a fox, (red:1.2), snow", "a fox, (red:1.2), snow", "", {}],
    ["a fox\nSteps: 20, Seed: 1", "a fox\nSteps: 20, Seed: 1", "", {}],
    ["a fox\nNegative prompt: snow", "a fox", "snow", {}],
    ["Negative prompt: snow\nSteps: 1, Seed: 2, Size: 8x8\n", "", "snow", { Steps: "1", Seed: "2", Size: "8x8" }],
    ["Steps: 1, Seed: 2, Size: 8x8", "", "", { Steps: "1", Seed: "2", Size: "8x8" }],
    ['x\nSteps: 1, Model: "half, Seed: 2, Size:8x8', "x", "", { Steps: "1", Model: '"half', Seed: "2", Size: "8x8" }],
    ['x\nSteps: 1, Model: "a" b, Seed: 2', "x", "", { Steps: "1", Model: '"a" b', Seed: "2" }],
    ['x\nSteps: 1, Model: "\\x", Seed: 2', "x", "", { Steps: "1", Model: '"\\x"', Seed: "2" }],
    [
      'x\nSteps: 1, Seed: 2, Hashes: {"vae": "a, b: c", "model": ["x, y: 1"]}, Model: m, Bad: {"a, Last: 3',
      "x",
      "",
      { Steps: "1", Seed: "2", Hashes: '{"vae": "a, b: c", "model": ["x, y: 1"]}', Model: "m", Bad: '{"a', Last: "3" },
    ],
    [
      "x\nNegative prompt: y\nSteps: 1, Seed: 2, Size: 8x8\nTemplate: {a|b}, c:\nd\nNegative Template: e",
      "x",
      "y",
      { Steps: "1", Seed: "2", Size: "8x8", Template: "{a|b}, c:\nd", "Negative Template": "e" },
    ],
  ])("reads %j", (text, prompt, negativePrompt, fields) => {
    expect(parseInfotext(text)).toEqual({ prompt, negativePrompt, fields });
  });

  test.each([
    ["letters", "a".repeat(2e5)],
    ["colons", "ab:".repeat(3e5)],
    ["quotes", 'ab:"'.repeat(2e5)],
    ["brackets", `Steps: 1, ab: ${"[".repeat(1e6)}`],
    ["names of brackets", "ab:[,".repeat(1e5)],
    ["escapes", `ab:"${"\\".repeat(1e6)}`],
    ["white space", " ".repeat(1e6) + "x"],
    ["a long value", `Steps: 1, Seed: 2, Model: ${JSON.stringify("a, ".repeat(1e6))}`],
  ])("takes less than two seconds when the text is long and all %s", (_, text) => {
    const start = performance.now();
    parseInfotext(text);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe("formatInfotext()", () => {
  test("writes fields in A1111's order, quoted where needed, and leaves undefined ones out", () => {
    const fields = {
      Version: "noisette 0.1",
      Other: "a: b",
      "Clip skip": undefined,
      RNG: "CPU",
      Size: "512x512",
      Seed: 1,
      "CFG scale": 7.5,
      Model: "x, y",
      Sampler: "Euler a",
      Steps: 20,
    };
    expect(formatInfotext({ prompt: "a fox", negativePrompt: "snow", fields })).toBe(
      'a fox\nNegative prompt: snow\nSteps: 20, Sampler: Euler a, CFG scale: 7.5, Seed: 1, Size: 512x512, Model: "x, y", RNG: CPU, Other: "a: b", Version: noisette 0.1',
    );
    expect(formatInfotext({ prompt: "", fields: { Steps: 1, Seed: 2, Size: "8x8" } })).toBe(
      "Steps: 1, Seed: 2, Size: 8x8",
    );
  });

  test("throws when readers would not find the fields", () => {
    expect(() => formatInfotext({ prompt: "a", fields: { Steps: 1, Seed: 2 } })).toThrow(
      "Cannot write infotext: 2 fields",
    );
    const fields = { Steps: 1, Seed: 2, "a:b": 3 };
    expect(() => formatInfotext({ prompt: "a", fields })).toThrow('Cannot write infotext: field name "a:b"');
  });

  test("writes what parseInfotext() reads back", () => {
    const snippets = [
      "\n",
      ":",
      ", ",
      '"',
      "\\",
      "Steps: 20, Sampler: Euler, Seed: 1",
      "Negative prompt:",
      " ",
      "é",
      "猫",
      "\r\n",
      "(a:1.1)",
      "\u2028",
    ];
    const text = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.string({ unit: "binary" }),
      fc.array(fc.constantFrom(...snippets)).map((parts) => parts.join("")),
    );
    // Only a line of the prompt that begins with the mark itself cannot be told from the negative prompt.
    const prompt = text.filter((value) => !/(^|\n)Negative prompt:/.test(value));
    const name = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_ \-/]{0,20}[A-Za-z0-9_\-/]$/);
    const fields = fc.dictionary(name, fc.oneof(text, fc.constantFrom("512x512", "7", "")), { minKeys: 3, maxKeys: 8 });
    fc.assert(
      fc.property(fc.record({ prompt, negativePrompt: text, fields }), (infotext) => {
        expect(parseInfotext(formatInfotext(infotext))).toEqual(infotext);
      }),
      { numRuns: 150 },
    );
  });
});
