import { describe, expect, it } from "vitest";
import { colours, hueDistance, mainHue, tint, turnHue } from "./colours.ts";

const pixels = (...values: readonly (readonly [number, number, number, number])[]) => Uint8Array.from(values.flat());

describe("mainHue()", () => {
  it("mainHue() is the hue of a picture when nearly all its colours are near one", () => {
    const orange = Array.from({ length: 20 }, (_, i) => [250, 120 + i, 20, 255] as const);
    const found = mainHue(pixels(...orange, [255, 255, 255, 255], [0, 0, 0, 255], [0, 255, 0, 0]));
    expect(found!.hue).toBeGreaterThan(24);
    expect(found!.hue).toBeLessThan(34);
    expect(found!.value).toBeCloseTo(250 / 255, 5);
  });

  it("mainHue() is undefined when colours are many, few or none", () => {
    expect(mainHue(pixels([255, 0, 0, 255], [0, 0, 255, 255]))).toBeUndefined();
    expect(mainHue(pixels([255, 0, 0, 255], [9, 9, 9, 255], [0, 0, 0, 255]))).toBeUndefined();
    expect(mainHue(pixels([0, 0, 0, 0]))).toBeUndefined();
  });

  it("mainHue() of red is found when it lies on both sides of 0°", () => {
    const found = mainHue(pixels([255, 20, 0, 255], [255, 0, 20, 255]));
    expect(hueDistance(found!.hue, 0)).toBeLessThan(2);
  });
});

describe("turnHue()", () => {
  it("turnHue() exchanges the primaries when turned by thirds, and leaves grey and alpha", () => {
    const source = pixels([255, 0, 0, 255], [10, 200, 10, 77], [80, 80, 80, 255], [0, 0, 0, 0]);
    expect([...turnHue(source, 120)]).toEqual([0, 255, 0, 255, 10, 10, 200, 77, 80, 80, 80, 255, 0, 0, 0, 0]);
    expect(turnHue(source, 360)).toEqual(source);
    expect(turnHue(turnHue(source, 120), -120)).toEqual(source);
  });
});

describe("tint()", () => {
  it("tint() colours black, leaves white and alpha, when a glyph is tinted", () => {
    const red = colours.find(({ name }) => name === "red")!;
    expect([...tint(pixels([0, 0, 0, 200], [255, 255, 255, 255], [0, 0, 0, 0]), red)]).toEqual([
      ...red.rgb,
      200,
      255,
      255,
      255,
      255,
      0,
      0,
      0,
      0,
    ]);
  });
});
