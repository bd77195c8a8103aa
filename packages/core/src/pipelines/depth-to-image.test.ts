import { expect, it } from "vitest";
import type { Image } from "../image/image.ts";
import { depthChannel } from "./depth-to-image.ts";

const picture = (width: number, height: number, value: (i: number) => number): Image => ({
  width,
  height,
  channels: 3,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => value(Math.floor(i / 3))),
});

it("depthChannel() stretches lightness to [-1,1] in the latents' size", () => {
  const depth = depthChannel(
    picture(3, 2, (i) => 50 + 10 * i),
    [1, 4, 2, 3],
  );
  expect(depth.dims).toEqual([1, 1, 2, 3]);
  [-1, -0.6, -0.2, 0.2, 0.6, 1].forEach((value, i) => expect(depth.data[i]).toBeCloseTo(value, 5));
});

it("depthChannel() resizes as torch's bicubic interpolation does, and stretches what comes out", () => {
  const depth = depthChannel(
    picture(64, 64, (i) => (i % 64 < 32 ? 40 : 200)),
    [1, 4, 8, 8],
  );
  expect([...depth.data.subarray(0, 8)].map((value) => Math.round(value))).toEqual([-1, -1, -1, -1, 1, 1, 1, 1]);
});

it("depthChannel() refuses a picture of one shade", () => {
  expect(() =>
    depthChannel(
      picture(8, 8, () => 77),
      [1, 4, 1, 1],
    ),
  ).toThrow(/^Cannot use the depth picture: it is one shade/);
});
