import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from "./half.ts";

const every16 = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);
const half = (value: number): number => float32ToFloat16(new Float32Array([value]))[0];
const brain = (value: number): number => float32ToBfloat16(new Float32Array([value]))[0];
const value16 = (bits: number): number => float16ToFloat32(new Uint16Array([bits]))[0];

describe("float16ToFloat32()", () => {
  it("float16ToFloat32() gives (-1)^s 2^(e-15) 1.f for all 65536 patterns", () => {
    const values = float16ToFloat32(every16);
    for (let bits = 0; bits < 0x10000; bits++) {
      const [sign, exponent, fraction] = [bits >>> 15 ? -1 : 1, (bits >>> 10) & 31, bits & 1023];
      const wanted =
        exponent === 31
          ? fraction
            ? NaN
            : sign * Infinity
          : exponent
            ? sign * 2 ** (exponent - 15) * (1 + fraction / 1024)
            : sign * fraction * 2 ** -24;
      if (!Object.is(values[bits], wanted)) expect([bits, values[bits]]).toEqual([bits, wanted]);
    }
  });
});

describe("float32ToFloat16()", () => {
  it("float32ToFloat16() inverts float16ToFloat32() for all patterns, quiet bit apart", () => {
    const back = float32ToFloat16(float16ToFloat32(every16));
    for (let bits = 0; bits < 0x10000; bits++) {
      const isNaN = (bits & 0x7fff) > 0x7c00;
      if (back[bits] !== (isNaN ? bits | 0x200 : bits)) expect(back[bits]).toBe(bits);
    }
  });

  it("float32ToFloat16() rounds ties to even and nothing else up", () => {
    expect(half(1 + 2 ** -11)).toBe(0x3c00);
    expect(half(1 + 3 * 2 ** -11)).toBe(0x3c02);
    expect(half(1 + 2 ** -11 + 2 ** -23)).toBe(0x3c01);
    expect(half(65504)).toBe(0x7bff);
    expect(half(65519.996)).toBe(0x7bff);
    expect(half(65520)).toBe(0x7c00);
    expect(half(-1e30)).toBe(0xfc00);
  });

  it("float32ToFloat16() rounds subnormals ties to even", () => {
    expect(half(2 ** -24)).toBe(1);
    expect(half(2 ** -25)).toBe(0);
    expect(half(2 ** -25 * (1 + 2 ** -23))).toBe(1);
    expect(half(3 * 2 ** -25)).toBe(2);
    expect(half(-(2 ** -149))).toBe(0x8000);
    expect(half(2 ** -14 - 2 ** -26)).toBe(0x0400);
  });

  it("float32ToFloat16() gives the nearest pattern when values are arbitrary", () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, min: -65504, max: 65504 }), (value) => {
        const bits = half(value);
        const distance = Math.abs(value16(bits) - value);
        for (const other of [bits - 1, bits + 1]) {
          const neighbour = value16(other & 0xffff);
          if (Number.isFinite(neighbour)) expect(Math.abs(neighbour - value)).toBeGreaterThanOrEqual(distance);
        }
      }),
    );
  });
});

describe("float32ToBfloat16()", () => {
  it("float32ToBfloat16() inverts bfloat16ToFloat32() for all patterns, quiet bit apart", () => {
    const back = float32ToBfloat16(bfloat16ToFloat32(every16));
    for (let bits = 0; bits < 0x10000; bits++) {
      const isNaN = (bits & 0x7fff) > 0x7f80;
      if (back[bits] !== (isNaN ? bits | 0x40 : bits)) expect(back[bits]).toBe(bits);
    }
  });

  it("float32ToBfloat16() rounds ties to even, overflows to infinity and keeps NaN", () => {
    expect(brain(1 + 2 ** -8)).toBe(0x3f80);
    expect(brain(1 + 3 * 2 ** -8)).toBe(0x3f82);
    expect(brain(1 + 2 ** -8 + 2 ** -23)).toBe(0x3f81);
    expect(brain(3.4028234663852886e38)).toBe(0x7f80);
    expect(brain(NaN) & 0x7fff).toBeGreaterThan(0x7f80);
    expect(brain(-0)).toBe(0x8000);
  });
});
