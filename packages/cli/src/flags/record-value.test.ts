import { describe, expect, it } from "vitest";
import { z } from "zod";
import { flagsOf } from "./flag.ts";
import { parseLine } from "./parse.ts";

const schema = z.object({
  things: z
    .array(
      z.strictObject({
        path: z.string(),
        weight: z.number().max(2).optional(),
        side: z.enum(["left", "right"]).optional(),
        exact: z.boolean().optional(),
        more: z.record(z.string(), z.unknown()).optional(),
      }),
    )
    .optional(),
});
const flags = flagsOf(schema, { things: { group: "A", name: "thing" } });
const read = (...line: string[]) => parseLine(line, flags).given.things;

describe("parseLine() with parts", () => {
  it("parseLine() reads the first part by itself and the others by name, each by its own kind", () => {
    expect(read("--thing", "a b.pth,weight=-0.5,side=left,exact=true,more.low=20,more.name=x")).toEqual([
      { path: "a b.pth", weight: -0.5, side: "left", exact: true, more: { low: 20, name: "x" } },
    ]);
  });

  it("parseLine() adds a thing for each flag, of either form", () => {
    expect(read("--thing", "a", '--thing={"path":"b,c","weight":1}', "--thing", "weight=2,path=d")).toEqual([
      { path: "a" },
      { path: "b,c", weight: 1 },
      { path: "d", weight: 2 },
    ]);
  });

  it.each([
    ["a,wieght=1", 'Cannot use "wieght=1": no such part (closest: weight; path, weight, side, exact, more are known)'],
    ["a,b", 'Cannot use "b" of "a,b": name=value is wanted'],
    ["a,weight=3", "weight: "],
    ["a,side=up", "side: "],
    ["side=left", "path: "],
    ["{", "Cannot read the JSON {"],
  ])("parseLine() says what is wrong with %s", (text, message) => {
    expect(() => read("--thing", text)).toThrow(message);
  });
});

describe("parseLine() with named numbers", () => {
  const own = flagsOf(
    z.object({
      settings: z
        .strictObject({ rho: z.number().gt(0), mean: z.number() })
        .partial()
        .optional(),
    }),
    {},
  );
  const numbers = (text: string) => parseLine(["--settings", text], own).given.settings;

  it("parseLine() reads numbers by their names, or as JSON", () => {
    expect(numbers("mean=-1,rho=0.5")).toEqual({ mean: -1, rho: 0.5 });
    expect(numbers('{"rho":2}')).toEqual({ rho: 2 });
  });

  it.each([
    ["5", 'Cannot use --settings "5": NAME=X,… (rho, mean) is wanted'],
    ["rhp=5", 'Cannot use "rhp=5": no such part (closest: rho; rho, mean are known)'],
    ["rho=0", 'Cannot use --settings "rho=0": Too small'],
  ])("parseLine() says what is wrong with %s", (text, message) => {
    expect(() => numbers(text)).toThrow(message);
  });
});
