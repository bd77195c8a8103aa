import { expect, it } from "vitest";
import { bleedColors } from "./bleed.ts";

it("bleedColors() continues colours ring by ring when pixels are transparent", () => {
  const data = new Uint8Array(5 * 4);
  data.set([100, 50, 0, 255], 0);
  data.set([0, 0, 0, 0], 4);
  data.set([9, 9, 9, 0], 8);
  data.set([200, 150, 100, 1], 16);
  const { data: out } = bleedColors({ width: 5, height: 1, channels: 4, data });
  expect([...out]).toEqual(
    [
      [100, 50, 0, 255],
      [100, 50, 0, 0],
      [150, 100, 50, 0], // the mean of both neighbours, which are known by then
      [200, 150, 100, 0],
      [200, 150, 100, 1],
    ].flat(),
  );
});

it("bleedColors() leaves the picture when nothing shows or nothing is transparent", () => {
  const empty = { width: 2, height: 1, channels: 4 as const, data: Uint8Array.of(1, 2, 3, 0, 4, 5, 6, 0) };
  expect(bleedColors(empty)).toEqual(empty);
  const opaque = { width: 1, height: 1, channels: 3 as const, data: Uint8Array.of(1, 2, 3) };
  expect(bleedColors(opaque)).toBe(opaque);
});
