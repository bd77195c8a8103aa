import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { readGolden } from "../../../../fixtures/read-golden.ts";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";
import type { Image } from "../image/image.ts";
import type { Engine } from "../runtime/engine.ts";
import { blurred, loadContentClassifier, previewThroughGate, throughGate } from "./content-gate.ts";
import type { ContentClassifier, ContentPolicy } from "./content-gate.ts";

type Color = readonly [number, number, number];

/** A picture whose colours are a function of place: u and v in [0,1), x and y in pixels. */
function drawn(width: number, height: number, color: (u: number, v: number, x: number, y: number) => Color): Image {
  const data = new Uint8ClampedArray(3 * width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) data.set(color(x / width, y / height, x, y).map(Math.round), 3 * (y * width + x));
  return { width, height, channels: 3, data: new Uint8Array(data.buffer) };
}
const bell = (u: number, v: number, width: number) => Math.exp(-(u * u + v * v) * width);

const pictures: Readonly<Record<string, Image>> = {
  blobs: drawn(300, 200, (u, v) => {
    const b = bell(u - 0.45, v - 0.5, 12) + bell(u - 0.6, v - 0.4, 30);
    return [90 + 150 * b, 60 + 110 * b, 50 + 90 * b];
  }),
  checks: drawn(224, 224, (u, v, x, y) =>
    ((x >> 4) + (y >> 4)) % 2 ? [255 * u, 255 * v, 128] : [255 - 200 * v, 40, 255 * u * v],
  ),
};

let engine: Engine;
let classifier: ContentClassifier;
beforeAll(async () => {
  engine = await sharedEngine();
  const folder = fileURLToPath(new URL("../../../server/assets/nsfw", import.meta.url));
  classifier = await loadContentClassifier(engine, folder);
});

describe("loadContentClassifier()", () => {
  const golden = readGolden("nsfw/nsfwjs").json;
  it.each(Object.entries(pictures))("gives nsfwjs's probabilities of %s", async (name, image) => {
    const probabilities = await classifier.classify(image);
    expect(Object.keys(probabilities)).toEqual(golden.classes);
    // Bytes become weights in float32 on both sides; only the order of summation differs.
    Object.values(probabilities).forEach((value, i) => expect(Math.abs(value - golden[name][i])).toBeLessThan(1e-4));
  });

  it("sees transparent pictures on white", async () => {
    const [white, clear] = [3, 4].map((channels) => ({ width: 40, height: 30, channels: channels as 3 | 4 }));
    const seen = await classifier.classify({ ...clear, data: new Uint8Array(4 * 1200) });
    expect(seen).toEqual(await classifier.classify({ ...white, data: new Uint8Array(3 * 1200).fill(255) }));
  });
});

describe("throughGate()", () => {
  const { blobs } = pictures;
  let probabilities: Readonly<Record<string, number>>;
  beforeAll(async () => void (probabilities = await classifier.classify(blobs)));
  /** It has seen the one picture: as unsafe as 0.030. */
  const gate = (policy: ContentPolicy, threshold: number) => ({
    classify: async () => probabilities,
    policy,
    threshold,
  });

  it("lets everything pass when there is no gate, and what is below the threshold", async () => {
    expect((await throughGate(undefined, blobs)).image).toBe(blobs);
    expect((await throughGate(gate("refuse", 0.031), blobs)).image).toBe(blobs);
  });

  it("blurs or holds back what is above the threshold", async () => {
    const { image, unsafe } = await throughGate(gate("blur", 0.03), blobs);
    expect(unsafe).toBeCloseTo(0.0301, 3);
    expect(Buffer.compare(image!.data, blurred(blobs).data)).toBe(0);
    expect(await throughGate(gate("refuse", 0.03), blobs)).toEqual({ unsafe });
  });

  it("blurs previews when the picture would be held back", async () => {
    const { data } = await previewThroughGate(gate("refuse", 0.03), blobs);
    expect(Buffer.compare(data, blurred(blobs).data)).toBe(0);
    expect(await previewThroughGate(gate("refuse", 0.5), blobs)).toBe(blobs);
    expect(await previewThroughGate(undefined, blobs)).toBe(blobs);
  });

  it("throws when the classifier fails", async () => {
    const broken = { ...gate("blur", 0.5), classify: () => Promise.reject(new Error("no engine")) };
    await expect(throughGate(broken, blobs)).rejects.toThrow("no engine");
  });
});

describe("blurred()", () => {
  it("keeps size and mean colour, and nothing of the details", () => {
    const made = blurred(pictures.checks);
    expect(made).toMatchObject({ width: 224, height: 224, channels: 3 });
    const mean = (data: Uint8Array) => data.reduce((a, b) => a + b, 0) / data.length;
    expect(Math.abs(mean(made.data) - mean(pictures.checks.data))).toBeLessThan(2);
    const steepest = (data: Uint8Array) => Math.max(...data.slice(3).map((value, i) => Math.abs(value - data[i])));
    expect(steepest(made.data.subarray(0, 3 * 224))).toBeLessThan(16);
  });

  it("makes pictures of every size", () => {
    for (const [width, height] of [
      [1, 1],
      [3, 200],
      [13, 12],
    ])
      expect(blurred(drawn(width, height, () => [9, 9, 9])).data).toEqual(new Uint8Array(3 * width * height).fill(9));
  });
});
