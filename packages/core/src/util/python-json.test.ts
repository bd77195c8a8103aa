import fc from "fast-check";
import { expect, test } from "vitest";
import { parsePythonJson, parsePythonJsonObject } from "./python-json.ts";

test("parsePythonJson() reads NaN and the infinities when they stand for numbers", () => {
  expect(parsePythonJson('{"a": -Infinity, "b": [NaN, Infinity, 1.5], "c": null}')).toEqual({
    a: -Infinity,
    b: [NaN, Infinity, 1.5],
    c: null,
  });
});

test("parsePythonJson() leaves the words alone when they stand inside strings", () => {
  const text = String.raw`{"NaN": "say \"NaN\", -Infinity", "path": "C:\\"}`;
  expect(parsePythonJson(text)).toEqual({ NaN: 'say "NaN", -Infinity', path: "C:\\" });
});

test("parsePythonJson() agrees with JSON.parse when the text is standard JSON", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(parsePythonJson(text)).toEqual(JSON.parse(text));
    }),
  );
});

test("parsePythonJson() throws SyntaxError with the name when the text is not JSON", () => {
  for (const text of ["", "{", "{a: 1}", "NaNa", "[1,]"]) {
    expect(() => parsePythonJson(text, "unet/config.json"), text).toThrow(/Cannot read "unet\/config.json"/);
  }
  expect(() => parsePythonJsonObject("[1]", "x")).toThrow('Cannot read "x": [1] (a JSON object is wanted)');
});
