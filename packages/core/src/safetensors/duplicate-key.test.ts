import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { duplicateKey } from "./duplicate-key.ts";

describe("duplicateKey()", () => {
  it.each([
    ['{"a":1,"a":2}', "a"],
    ['{"a":1,"b":{"c":[{"d":1 , "d"\n:2}]}}', "d"],
    ['{"a":"a","b":["a","a"]}', undefined],
    ['{"a":{"b":1},"b":{"a":1}}', undefined],
    ['{"\\u0061":1,"a":2}', "a"],
    ['{"a\\"":1,"a\\\\":2,"b":"\\\\","\\\\":3}', undefined],
    ['{"":0,"":1}', ""],
  ])("duplicateKey() looks at keys of one object only when given %s", (json, wanted) => {
    expect(duplicateKey(json)).toBe(wanted);
  });

  it("duplicateKey() finds nothing when JSON.stringify made the text", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => duplicateKey(JSON.stringify(value, null, 1)) === undefined));
  });
});
