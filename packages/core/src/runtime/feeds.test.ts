import { describe, expect, it } from "vitest";
import { multiplyDims, symbol } from "../graph/dim.ts";
import { checkFeeds } from "./feeds.ts";

const batch = symbol("batch");
const inputs = [
  { name: "sample", type: "float32", dims: [batch, 4, symbol("height"), 8] },
  { name: "ids", type: "int64", dims: [batch, 2] },
  { name: "twice", type: "float32", dims: [multiplyDims(batch, 2)] },
] as const;
const floats = (...dims: number[]) => ({ dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)) });
const ids = (...dims: number[]) => ({ dims, data: new BigInt64Array(dims.reduce((a, b) => a * b, 1)) });
const good = { sample: floats(3, 4, 5, 8), ids: ids(3, 2), twice: floats(6) };

describe("checkFeeds()", () => {
  it("checkFeeds() accepts feeds that fit, and others beside them", () => {
    expect(() => checkFeeds(inputs, { ...good, more: floats(1) }, 'run "g"')).not.toThrow();
  });

  it.each([
    [{ ids: undefined }, 'Cannot run "g": input "ids" is missing'],
    [{ sample: floats(3, 4, 5) }, 'Cannot run "g": input "sample" is [3,4,5] ([batch,4,height,8] is wanted)'],
    [
      { sample: floats(3, 4, 5, 9) },
      'Cannot run "g": input "sample" is [3,4,5,9] ([batch,4,height,8], where batch = 3, height = 5, is wanted)',
    ],
    [{ ids: ids(2, 2) }, 'Cannot run "g": input "ids" is [2,2] ([batch,2], where batch = 3, height = 5, is wanted)'],
    [{ ids: floats(3, 2) }, 'Cannot run "g": input "ids" is a Float32Array (int64 is wanted)'],
    [{ twice: floats(5) }, 'Cannot run "g": input "twice" is [5] ([2*batch], where batch = 3, height = 5, is wanted)'],
    [
      { sample: { dims: [3, 4, 5, 8], data: new Float32Array(7) } },
      'Cannot run "g": input "sample" has 7 values (480 of [3,4,5,8] are wanted)',
    ],
  ])("checkFeeds() names the input and what is wanted: %#", (change, message) => {
    expect(() => checkFeeds(inputs, { ...good, ...change } as never, 'run "g"')).toThrow(new TypeError(message));
  });
});
