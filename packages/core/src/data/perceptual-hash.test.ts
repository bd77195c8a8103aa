import { describe, expect, it } from "vitest";
import { resizeBitmap } from "#platform";
import type { Image } from "../image/image.ts";
import type { PerceptualHash } from "./perceptual-hash.ts";
import { closePairs, differenceHash, hashDistance } from "./perceptual-hash.ts";
import { randomStream } from "./random-stream.ts";

const drawn = (width: number, height: number, level: (x: number, y: number) => number): Image => {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++)
      data.fill(level(x / width, y / height), (y * width + x) * 3, (y * width + x) * 3 + 3);
  }
  return { width, height, channels: 3, data };
};
const waves = drawn(120, 80, (x, y) => 120 + 60 * Math.sin(9 * x + 5 * y) + 30 * Math.sin(7 * x * y));

describe("differenceHash()", () => {
  it("differenceHash() is all ones when a picture gets brighter to the right, and zeros to the left", async () => {
    expect(await differenceHash(drawn(64, 64, (x) => 255 * x))).toEqual([0xffffffff, 0xffffffff]);
    expect(await differenceHash(drawn(64, 64, (x) => 255 - 255 * x))).toEqual([0, 0]);
  });

  it("differenceHash() hardly changes when a picture is resized, made brighter or flatter", async () => {
    const hash = await differenceHash(waves);
    const small = await differenceHash(await resizeBitmap(waves, { width: 40, height: 40 }));
    const flat = await differenceHash({ ...waves, data: waves.data.map((value) => 60 + value / 2) });
    expect(hashDistance(hash, small)).toBeLessThanOrEqual(3);
    expect(hashDistance(hash, flat)).toBeLessThanOrEqual(3);
    expect(hashDistance(hash, await differenceHash(drawn(64, 64, (x) => 255 * x)))).toBeGreaterThan(10);
  });
});

describe("closePairs()", () => {
  it.each([0, 3, 8])("closePairs() finds each pair within %d bits once, as comparing all does", (distance) => {
    const random = randomStream(2);
    const word = () => Math.floor(random() * 2 ** 32);
    const hashes: PerceptualHash[] = [];
    for (let i = 0; i < 40; i++) {
      const base: PerceptualHash = i % 3 === 0 ? [word(), word()] : hashes[i - 1];
      hashes.push([
        (base[0] ^ (1 << Math.floor(random() * 32))) >>> 0,
        (base[1] ^ (random() < 0.5 ? 1 << (i % 32) : 0)) >>> 0,
      ]);
    }
    hashes.push(hashes[0]);
    const all = hashes.flatMap((a, i) =>
      hashes.flatMap((b, j) => (i < j && hashDistance(a, b) <= distance ? [`${i},${j}`] : [])),
    );
    expect(Array.from(closePairs(hashes, distance), String).toSorted()).toEqual(all.toSorted());
    expect(all.length).toBeGreaterThan(0);
  });
});
