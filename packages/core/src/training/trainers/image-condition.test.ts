import { describe, expect, it } from "vitest";
import type { Image } from "../../image/image.ts";
import { drawsAt } from "../draws.ts";
import { mirrored, pictureGrid, picturesFromTensor, pictureTensor } from "../pictures.ts";
import { imageCondition } from "./image-condition.ts";

/** A picture whose red is its column, green its row. */
const picture = (side: number): Image => ({
  width: side,
  height: side,
  channels: 3,
  data: Uint8Array.from({ length: 3 * side * side }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return [(pixel % side) * 8, Math.floor(pixel / side) * 8, 255][i % 3];
  }),
});
const pictures = [picture(16), picture(16)];
const draws = () => drawsAt(0, "batch", { epoch: 0, batch: 0 });

describe("imageCondition()", () => {
  it("imageCondition() sees the smaller picture when it is super-resolution", async () => {
    const condition = imageCondition({ kind: "super-resolution", factor: 2 });
    expect(condition.channels({ learnt: 4, picture: 3 })).toBe(3);
    const encode = () => Promise.reject(new Error("nothing is to be encoded"));
    // Latents of half the side: the smaller picture as it is.
    const seen = await condition.see({ pictures, channels: 3, size: [8, 8], draws: draws(), encode });
    expect(seen.dims).toEqual([2, 3, 8, 8]);
    // Away from the edges a smaller ramp is a ramp of double steps: (4 + 12·x + …)/127.5 − 1.
    const red = (x: number) => (seen.data[3 * 8 + x] + 1) * 127.5;
    expect(Math.abs(red(4) - red(3) - 16)).toBeLessThan(1.5);
  });

  it("imageCondition() sees mask and outside of it when it is inpainting", async () => {
    const condition = imageCondition({ kind: "inpainting" });
    expect(condition.channels({ learnt: 3, picture: 3 })).toBe(4);
    const see = () => condition.see({ pictures, channels: 3, size: [16, 16], draws: draws(), encode: async (x) => x });
    const seen = await see();
    expect(seen.dims).toEqual([2, 4, 16, 16]);
    const whole = pictureTensor(pictures, { channels: 3 });
    for (let n = 0; n < 2; n++) {
      const mask = seen.data.subarray(n * 1024, n * 1024 + 256);
      expect(new Set(mask)).toEqual(new Set([0, 1]));
      for (let i = 0; i < 768; i++)
        expect(seen.data[n * 1024 + 256 + i]).toBe(mask[i % 256] === 1 ? 0 : whole.data[n * 768 + i]);
    }
    expect(await see()).toEqual(seen);
  });
});

describe("pictureTensor()", () => {
  const half: Image = { width: 2, height: 1, channels: 4, data: Uint8Array.of(255, 0, 0, 255, 9, 9, 9, 0) };
  it("pictureTensor() keeps straight alpha and hides colours that are not seen", () => {
    const { data } = pictureTensor([half], { channels: 4 });
    expect([...data]).toEqual([1, 0, -1, 0, -1, 0, 1, -1]);
  });
  it("pictureTensor() lays pictures on their ground when there is no alpha", () => {
    const { data } = pictureTensor([half], { channels: 3, grounds: [[0, 255, 0]] });
    expect([...data]).toEqual([1, -1, -1, 1, -1, -1]);
    const grey = pictureTensor([half], { channels: 1 });
    expect(grey.data[0]).toBeCloseTo(2 * 0.299 - 1, 6);
    expect(grey.data[1]).toBe(1);
  });
  it("picturesFromTensor() is its inverse", () => {
    const [back] = picturesFromTensor(pictureTensor([pictures[0]], { channels: 3 }));
    expect(back).toEqual(pictures[0]);
    expect(mirrored(mirrored(back))).toEqual(back);
    const grid = pictureGrid([half, half, half], 2, 1);
    expect([grid.width, grid.height, grid.channels]).toEqual([5, 3, 4]);
    expect([...grid.data.subarray(0, 4)]).toEqual([255, 0, 0, 255]);
  });
  it("pictureTensor() throws when sizes differ or there is none", () => {
    expect(() => pictureTensor([picture(2), picture(3)], { channels: 3 })).toThrow(
      "Cannot make one tensor of pictures: 3×3 beside 2×2 (one size is wanted)",
    );
    expect(() => pictureTensor([], { channels: 3 })).toThrow("Cannot make a tensor of no pictures");
  });
});
