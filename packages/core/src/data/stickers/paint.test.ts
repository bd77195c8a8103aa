import { describe, expect, it } from "vitest";
import { randomStream } from "../random-stream.ts";
import { onGround, paint } from "./paint.ts";

const centred = { x: 32, y: 32, scale: 1 };
const random = randomStream(4);
const noise = Uint8Array.from({ length: 64 * 64 * 4 }, (_, i) => (i % 4 === 3 ? 255 : Math.floor(random() * 256)));
const at = (data: Uint8Array, x: number, y: number, channels = 4) => [
  ...data.subarray((y * 64 + x) * channels, (y * 64 + x + 1) * channels),
];
/** A red square [16,48)² on nothing. */
const square = Uint8Array.from({ length: 64 * 64 * 4 }, (_, i) => {
  const [x, y] = [(i >> 2) % 64, i >> 8];
  return x >= 16 && x < 48 && y >= 16 && y < 48 ? [200, 10, 10, 255][i % 4] : 0;
});

describe("paint()", () => {
  it("paint() gives a drawing back when it lies where it was", () => {
    expect(Buffer.from(paint([{ rgba: noise, ...centred }])).equals(noise)).toBe(true);
    const clear = noise.map((value, i) => (i % 4 === 3 ? 128 : value));
    const back = paint([{ rgba: clear, ...centred }]);
    expect(Math.max(...back.map((value, i) => Math.abs(value - clear[i])))).toBeLessThanOrEqual(1);
  });

  it("paint() moves, mirrors and turns exactly when that takes pixels to pixels", () => {
    const moved = paint([{ rgba: noise, ...centred, x: 35, y: 30 }]);
    expect(at(moved, 13, 8)).toEqual(at(noise, 10, 10));
    expect(at(moved, 2, 8)).toEqual([0, 0, 0, 0]);
    expect(at(paint([{ rgba: noise, ...centred, isFlipped: true }]), 3, 9)).toEqual(at(noise, 60, 9));
    // Clockwise: what was at the top is at the right.
    expect(at(paint([{ rgba: noise, ...centred, degrees: 90 }]), 60, 20)).toEqual(at(noise, 20, 3));
  });

  it("paint() halves a drawing to the mean of its pixels, with the colour of what is there, when scaled by a half", () => {
    const half = paint([{ rgba: square, ...centred, scale: 0.5 }]);
    expect(at(half, 24, 24)).toEqual([200, 10, 10, 255]);
    expect(at(half, 23, 24)).toEqual([0, 0, 0, 0]);
    const area = half.reduce((sum, value, i) => sum + (i % 4 === 3 ? value / 255 : 0), 0);
    expect(area).toBe(256);
  });

  it("paint() covers what is below when a later drawing is opaque", () => {
    const blue = square.map((value, i) => (value === 0 ? 0 : [10, 10, 200, 255][i % 4]));
    const both = paint([
      { rgba: square, ...centred },
      { rgba: blue, ...centred, x: 40 },
    ]);
    expect(at(both, 20, 32)).toEqual([200, 10, 10, 255]);
    expect(at(both, 30, 32)).toEqual([10, 10, 200, 255]);
  });
});

describe("onGround()", () => {
  it("onGround() mixes by alpha and leaves nothing transparent when laid on a colour", () => {
    const clear = new Uint8Array(64 * 64 * 4);
    clear.set([200, 100, 0, 51]);
    expect(at(onGround(clear, [0, 0, 250]), 0, 0)).toEqual([40, 20, 200, 255]);
    expect(at(onGround(clear, [1, 2, 3]), 1, 0)).toEqual([1, 2, 3, 255]);
  });
});
