import fc from "fast-check";
import { expect, it } from "vitest";
import type { StoredTensor } from "../tensor/stored.ts";
import { byteRuns } from "./byte-runs.ts";

const at = (file: string, offset: number, byteLength: number): StoredTensor => ({
  name: "t",
  type: "U8",
  dims: [byteLength],
  file,
  offset,
  byteLength,
});
const [kilobyte, gigabyte] = [2 ** 10, 2 ** 30];

it("byteRuns() joins neighbours, reads over small gaps and stops at large ones", () => {
  const tensors = [
    at("b", 0, 8),
    at("a", 5000 * kilobyte, 9),
    at("a", 100, 50),
    at("a", 20, 80),
    at("a", 500 * kilobyte, 1),
  ];
  expect(byteRuns(tensors).map(({ file, start, end }) => [file, start, end])).toEqual([
    ["a", 20, 500 * kilobyte + 1],
    ["a", 5000 * kilobyte, 5000 * kilobyte + 9],
    ["b", 0, 8],
  ]);
});

it("byteRuns() keeps runs within a browser's longest buffer", () => {
  const tensors = Array.from({ length: 5 }, (_, i) => at("a", i * gigabyte * 0.375, gigabyte * 0.375));
  expect(byteRuns(tensors).map(({ start, end }) => (end - start) / gigabyte)).toEqual([0.75, 0.75, 0.375]);
});

it("byteRuns() puts every tensor inside one run of its file", () => {
  const tensor = fc.tuple(fc.constantFrom("a", "b"), fc.nat(2 ** 33), fc.nat(2 ** 31));
  fc.assert(
    fc.property(fc.array(tensor), (list) => {
      const tensors = list.map((parts) => at(...parts));
      const runs = byteRuns(tensors);
      expect(new Set(runs.map(({ name }) => name)).size).toBe(runs.length);
      for (const { file, offset, byteLength } of tensors) {
        expect(runs.some((run) => run.file === file && run.start <= offset && offset + byteLength <= run.end)).toBe(
          true,
        );
      }
    }),
  );
});
