import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonLines, parseJsonLines } from "./json-lines.ts";

describe("parseJsonLines()", () => {
  it("parseJsonLines() reads back what jsonLines() wrote", () => {
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue())), (records) => {
        const plain = JSON.parse(JSON.stringify(records)) as object[];
        expect(parseJsonLines(jsonLines(plain), "x")).toEqual(plain);
      }),
    );
  });

  it("parseJsonLines() names the line when it is no object", () => {
    expect(() => parseJsonLines('{"a":1}\n\n{oops', "m.jsonl")).toThrow('Cannot read "m.jsonl": line 3 is no JSON');
    expect(() => parseJsonLines("[1]\n", "m.jsonl")).toThrow('Cannot read "m.jsonl": line 1 is [1] (one object');
  });

  it("parseJsonLines() throws nothing but its own errors when the text is arbitrary", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseJsonLines(text, "x");
        } catch (error) {
          expect((error as Error).message).toMatch(/^Cannot read "x": line \d+ is/);
        }
      }),
    );
  });
});
