import { describe, expect, it } from "vitest";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import { productSvd, truncatedSvd } from "./svd.ts";
import type { Decomposition } from "./svd.ts";

const random = (rows: number, columns: number, seed: number) => ({
  data: new TorchGenerator(seed).randn(rows * columns, "float64"),
  rows,
  columns,
});
type Sized = ReturnType<typeof random>;

const times = (a: Sized, b: Sized): Sized => ({
  data: Float64Array.from({ length: a.rows * b.columns }, (_, n) => {
    const [i, j] = [Math.floor(n / b.columns), n % b.columns];
    let sum = 0;
    for (let k = 0; k < a.columns; k++) sum += a.data[i * a.columns + k] * b.data[k * b.columns + j];
    return sum;
  }),
  rows: a.rows,
  columns: b.columns,
});
const composed = ({ left, values, right }: Decomposition, rows: number, columns: number) => {
  const scaled = left.map((value, n) => value * values[n % values.length]);
  const k = values.length;
  return times({ data: scaled, rows, columns: k }, { data: right, rows: k, columns }).data;
};
const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.sqrt(Array.from(a, (value, i) => (value - b[i]) ** 2).reduce((sum, value) => sum + value, 0));

describe("productSvd()", () => {
  it.each([
    [6, 2, 9],
    [9, 3, 4],
    [4, 8, 5], // the factors are wider than the product
  ])("composes to up·down when they are [%i,%i] and […,%i]", (rows, inner, columns) => {
    const [up, down] = [random(rows, inner, 1), random(inner, columns, 2)];
    const found = productSvd(up, down);
    expect(distance(composed(found, rows, columns), times(up, down).data)).toBeLessThan(1e-11);
    expect(found.values.length).toBe(Math.min(rows, inner, columns));
    expect([...found.values]).toEqual([...found.values].sort((a, b) => b - a));
    const gram = times(
      { data: found.right, rows: found.values.length, columns },
      transposed(found.right, found.values.length, columns),
    );
    gram.data.forEach((value, n) =>
      expect(value).toBeCloseTo(Number(Math.floor(n / gram.columns) === n % gram.columns), 10),
    );
  });

  it("gives zeros for what is missing when the factors have less rank than columns", () => {
    const up = random(6, 1, 1);
    const twice = {
      data: Float64Array.from({ length: 12 }, (_, n) => up.data[Math.floor(n / 2)]),
      rows: 6,
      columns: 2,
    };
    const { values } = productSvd(twice, random(2, 5, 2));
    expect(values[0]).toBeGreaterThan(0.1);
    expect(values[1]).toBeLessThan(1e-12);
    expect([...productSvd(random(6, 2, 1), { data: new Float64Array(10), rows: 2, columns: 5 }).values]).toEqual([
      0, 0,
    ]);
  });
});

function transposed(data: Float64Array, rows: number, columns: number): Sized {
  return {
    data: Float64Array.from({ length: data.length }, (_, n) => data[(n % rows) * columns + Math.floor(n / rows)]),
    rows: columns,
    columns: rows,
  };
}

describe("truncatedSvd()", () => {
  it.each([
    [60, 40],
    [40, 60],
    [12, 90], // small enough to be searched whole
  ])("finds a matrix [%i,%i] again when its rank is no larger", (rows, columns) => {
    const matrix = times(random(rows, 4, 1), random(4, columns, 2));
    const found = truncatedSvd(matrix, { rank: 4 });
    expect(found.values.length).toBe(4);
    expect(distance(composed(found, rows, columns), matrix.data)).toBeLessThan(1e-10);
  });

  it("comes within 1 % of the best error, by Eckart and Young, when the matrix has full rank", () => {
    const matrix = random(60, 50, 3);
    const exact = truncatedSvd(matrix, { rank: 50 }).values;
    const found = truncatedSvd(matrix, { rank: 8 });
    const best = Math.hypot(...exact.slice(8));
    const error = distance(composed(found, 60, 50), matrix.data);
    expect(error).toBeGreaterThanOrEqual(best * (1 - 1e-12));
    expect(error).toBeLessThan(best * 1.01);
    expect(found.values[0]).toBeCloseTo(exact[0], 1);
  });
});
