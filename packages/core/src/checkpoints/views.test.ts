import { expect, test } from "vitest";
import type { StoredTensor } from "../tensor/stored.ts";
import { reshaped, rows, transposed } from "./views.ts";

const matrix: StoredTensor = { name: "w", type: "F32", dims: [6, 5], file: "x", offset: 100, byteLength: 120 };

test("rows() is the byte range of those rows when they lie inside the matrix", () => {
  expect(rows(matrix, { start: 2, count: 3 })).toEqual({ ...matrix, dims: [3, 5], offset: 140, byteLength: 60 });
});

test("rows() throws when they lie outside or the matrix is stored transposed", () => {
  expect(() => rows(matrix, { start: 4, count: 3 })).toThrow('Cannot take rows 4 to 7 of "w": it is [6,5]');
  expect(() => rows(matrix, { start: 0, count: 2 / 3 })).toThrow(RangeError);
  expect(() => rows(transposed(matrix), { start: 0, count: 1 })).toThrow("stored transposed");
});

test("reshaped() keeps the bytes when the element count does, and throws otherwise", () => {
  expect(reshaped(matrix, [5, 6, 1])).toEqual({ ...matrix, dims: [5, 6, 1] });
  expect(() => reshaped(matrix, [5, 5])).toThrow(RangeError);
});

test("transposed() is undone when it is done twice", () => {
  expect(transposed(transposed(matrix)).transposed).toBe(false);
});
