import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Image } from "../image.ts";
import { annotate, annotatorIds, annotators } from "./index.ts";

/** A picture drawn by a function of the place: a grey, or three colours. */
function drawn(width: number, height: number, value: (x: number, y: number) => number | readonly number[]): Image {
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const at = Math.floor(i / 3);
    const colors = value(at % width, Math.floor(at / width));
    return typeof colors === "number" ? colors : colors[i % 3];
  });
  return { width, height, channels: 3, data };
}

/** Places that are white. */
const white = ({ width, data }: Image): string[] =>
  [...data.keys()]
    .filter((i) => i % 3 === 0 && data[i] === 255)
    .map((i) => `${(i / 3) % width},${Math.floor(i / 3 / width)}`);

describe("annotate() by canny", () => {
  it("annotate() draws the darker side's column when a picture has one upright step", () => {
    const image = drawn(9, 5, (x) => (x < 4 ? 0 : 255));
    // Both sides have the same gradient, 1020; the first one counts, and the second is not above it.
    expect(white(annotate("canny", image))).toEqual(["3,0", "3,1", "3,2", "3,3", "3,4"]);
  });

  it("annotate() draws the middle of a ramp when the gradient has one largest value", () => {
    const image = drawn(7, 9, (_, y) => [0, 0, 20, 80, 160, 220, 240, 240, 240][y]);
    // Differences of rows two apart, times 4: 80, 320, 560, 560, 320, 80 from row 1 on.
    expect(white(annotate("canny", image))).toEqual(Array.from({ length: 7 }, (_, x) => `${x},3`));
  });

  it("annotate() follows a diagonal when the gradient points across it", () => {
    // Across the diagonal every second place lies on it; of the others the darker side is steeper by one grey.
    const image = drawn(8, 8, (x, y) => (x < y ? 0 : x === y ? 128 : 255));
    const inner = white(annotate("canny", image)).filter((place) => !/^[07],|,[07]$/.test(place));
    const stairs = Array.from({ length: 6 }, (_, i) => [`${i + 1},${i + 1}`, `${i + 1},${i + 2}`]);
    expect(inner).toEqual(stairs.flat().slice(0, -1));
  });

  it("annotate() keeps weak edges when they touch strong ones, and drops them elsewhere", () => {
    // A step of 30 (gradient 120) that becomes one of 80 (320) below row 6, and one of 30 alone.
    const image = drawn(16, 12, (x, y) => (x < 4 ? 0 : x < 12 ? (y < 6 ? 30 : 80) : y < 6 ? 30 : 80));
    const alone = drawn(16, 12, (x) => (x < 4 ? 0 : 30));
    expect(white(annotate("canny", image))).toEqual(expect.arrayContaining(["3,0", "3,1", "3,2", "3,3", "3,4"]));
    expect(white(annotate("canny", alone))).toEqual([]);
  });

  it("annotate() takes the channel with the largest gradient when colours differ at equal luma", () => {
    const image = drawn(8, 4, (x) => (x < 4 ? [200, 50, 0] : [50, 200, 0]));
    expect(white(annotate("canny", image))).toHaveLength(4);
  });

  it("annotate() compares lengths when l2Gradient is set", () => {
    // A corner's gradient of (x, x) has the sum 2x and the length 1.41x.
    const image = drawn(9, 9, (x, y) => (x + y > 8 ? 60 : 0));
    const [low, high] = [250, 300];
    expect(white(annotate("canny", image, { low, high }))).not.toEqual([]);
    expect(white(annotate("canny", image, { low, high: 345, l2Gradient: true }))).toEqual([]);
  });

  it("annotate() throws RangeError when low is above high", () => {
    const image = drawn(2, 2, () => 0);
    expect(() => annotate("canny", image, { low: 200, high: 100 })).toThrow(
      new RangeError("Cannot find edges: low is 200 and high is 100 (low is wanted no larger than high)"),
    );
  });
});

describe("annotate() by the others", () => {
  it("annotate() by xdog draws a dark line as wide as it is when the ground is light", () => {
    const image = drawn(31, 31, (x) => (x === 15 ? 0 : 255));
    // Beside it σ ½ leaves 11 % of the line and σ 5 leaves 8 %.
    expect(new Set(white(annotate("xdog", image)).map((place) => place.split(",")[0]))).toEqual(new Set(["15"]));
    // A light line stays black; σ 5 makes its surroundings darker than they would be.
    expect(white(annotate("xdog", annotate("invert", image))).filter((place) => place.startsWith("15,"))).toEqual([]);
  });

  it("annotate() by lineart makes the median line grey 127 when it is stronger than grain", () => {
    const image = drawn(64, 64, (x) => (x === 32 ? 0 : 255));
    const made = annotate("lineart", image);
    expect(made.data[3 * (64 * 32 + 32)]).toBe(127);
    expect(made.data[3 * (64 * 32 + 8)]).toBe(0);
  });

  it("annotate() by scribble widens a line by two σ on either side when it is above the threshold", () => {
    const map = drawn(61, 61, (x) => (Math.abs(x - 30) < 4 ? 255 : 0));
    const columns = new Set(white(annotate("scribble", map, { sigma: 3 })).map((place) => Number(place.split(",")[0])));
    // Seven columns blurred by σ are above ½ again in seven; the second blur crosses 4.5 of 255 at 2.1 σ from their edge.
    expect([...columns].sort((a, b) => a - b)).toEqual(Array.from({ length: 19 }, (_, i) => i + 21));
  });

  it("annotate() by threshold wants all three colours above the level when it draws white", () => {
    const image = drawn(
      3,
      1,
      (x) =>
        [
          [128, 128, 128],
          [255, 255, 127],
          [127, 127, 127],
        ][x],
    );
    expect(white(annotate("threshold", image))).toEqual(["0,0"]);
    expect(white(annotate("threshold", image, { level: 126 }))).toHaveLength(3);
  });

  it("annotate() by luminance gives L* when pixels are grey, and its power when there is a gamma", () => {
    const image = drawn(3, 1, (x) => [0, 119, 255][x]);
    // Byte 119 is L* = 50.03.
    expect(annotate("luminance", image).data.filter((_, i) => i % 3 === 0)).toEqual(Uint8Array.of(0, 128, 255));
    expect(annotate("luminance", image, { gamma: 2 }).data[3]).toBe(64);
  });

  it("annotate() by intensity gives the largest colour when a pixel has three", () => {
    expect(
      annotate(
        "intensity",
        drawn(1, 1, () => [10, 200, 90]),
      ).data,
    ).toEqual(Uint8Array.of(200, 200, 200));
  });

  it("annotate() by tile takes the mean of every square when the factor divides the size", () => {
    // Squares of 4 with a mean of 100 and fine stripes in them.
    const striped = drawn(32, 32, (x) => (x % 2 === 0 ? 40 : 160));
    expect(new Set(annotate("tile", striped, { factor: 4 }).data)).toEqual(new Set([100]));
    expect(annotate("tile", striped, { factor: 1 }).data).toEqual(striped.data);
  });

  it("annotate() by color makes squares of one colour when the cell divides the size", () => {
    const image = drawn(24, 16, (x, y) => (Math.floor(x / 8) + 3 * Math.floor(y / 8)) * 40);
    expect(annotate("color", image, { cell: 8 }).data).toEqual(image.data);
  });

  it("annotate() by shuffle gives another order when the seed is another, and the same when it is the same", () => {
    const image = drawn(32, 32, (x, y) => 4 * x + 3 * y);
    const made = (seed: number) => annotate("shuffle", image, { seed, scale: 16 }).data;
    expect(made(1)).toEqual(made(1));
    expect(made(1)).not.toEqual(made(2));
  });

  it("annotate() by invert gives the picture back when it is asked twice", () => {
    const image = drawn(5, 5, (x, y) => 10 * x + y);
    expect(annotate("invert", annotate("invert", image)).data).toEqual(image.data);
  });
});

describe.each(annotatorIds)("annotate() by %s", (id) => {
  it("annotate() gives an opaque picture of the same size when the picture has any size and transparency", () => {
    const anyImage = fc
      .record({ width: fc.integer({ min: 1, max: 9 }), height: fc.integer({ min: 1, max: 9 }) })
      .chain(({ width, height }) =>
        fc
          .constantFrom(3 as const, 4 as const)
          .chain((channels) =>
            fc
              .uint8Array({ minLength: width * height * channels, maxLength: width * height * channels })
              .map((data): Image => ({ width, height, channels, data })),
          ),
      );
    fc.assert(
      fc.property(anyImage, (image) => {
        const before = image.data.slice();
        const { width, height, channels, data } = annotate(id, image);
        expect([width, height, channels, data.length]).toEqual([image.width, image.height, 3, 3 * width * height]);
        expect(image.data).toEqual(before);
      }),
      { numRuns: 20 },
    );
  });

  it("annotate() describes its options when somebody lists them", () => {
    for (const type of Object.values(annotators[id].options.shape)) expect(type.description).toBeTruthy();
  });

  it("annotate() throws RangeError when an option is unknown", () => {
    const image = drawn(1, 1, () => 0);
    expect(() => annotate(id, image, { strange: 1 })).toThrow(`Cannot annotate by ${id}: `);
  });
});
