import { expect, it } from "vitest";
import { keepsBound, relativeError } from "./case.ts";
import type { FidelityCase } from "./case.ts";

it("relativeError() is the largest difference over the largest reference", () => {
  expect(relativeError([1, 2, -4], [1, 2.5, -4])).toBe(0.125);
  expect(relativeError([1, 2], [1, 2])).toBe(0);
});

it("relativeError() is NaN when a value is, or when lengths differ", () => {
  expect(relativeError([1, NaN], [1, 2])).toBeNaN();
  expect(relativeError([1, 2], [1, NaN])).toBeNaN();
  expect(relativeError([1, 2], [1, 2, 3])).toBeNaN();
});

it("keepsBound() is true on the good side only, and never for NaN", () => {
  const fidelityCase = (figure: FidelityCase["figure"]): FidelityCase => ({
    name: "",
    figure,
    bounds: { cpu: 50 },
    measure: async () => 0,
  });
  const keeps = (figure: FidelityCase["figure"], measured: number) => keepsBound(fidelityCase(figure), "cpu", measured);
  expect([keeps("relativeError", 50), keeps("relativeError", 51), keeps("relativeError", NaN)]).toEqual([
    true,
    false,
    false,
  ]);
  expect([keeps("psnr", 50), keeps("psnr", 49), keeps("psnr", Infinity), keeps("psnr", NaN)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
});
