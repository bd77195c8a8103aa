import { expect, it } from "vitest";
import type { Image } from "@noisette/core/image/image";
import { intersectionOverUnion } from "./overlap.ts";

/** A row of pixels that are seen where there is a "#". */
const row = (seen: string): Image => ({
  width: seen.length,
  height: 1,
  channels: 4,
  data: Uint8Array.from([...seen].flatMap((pixel) => [9, 9, 9, pixel === "#" ? 255 : 127])),
});

it.each([
  ["##..", "##..", 1],
  ["##..", "..##", 0],
  ["###.", ".###", 1 / 2],
  ["....", "....", 1],
  ["....", "#...", 0],
])("intersectionOverUnion() of %s and %s is %d", (a, b, wanted) => {
  expect(intersectionOverUnion(row(a), row(b))).toBe(wanted);
});
