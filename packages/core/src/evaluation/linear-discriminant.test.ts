// Closed forms, and what must hold for any input.

import { describe, expect, it } from "vitest";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import type { Features } from "./features.ts";
import { dot, row } from "./features.ts";
import { linearDiscriminant } from "./linear-discriminant.ts";

const features = (rows: readonly (readonly number[])[]): Features => ({
  dims: [rows.length, rows[0].length],
  data: Float64Array.from(rows.flat()),
});

/** Scores of the classes for each row. */
function scores(data: Features, classes: readonly number[], shrinkage: number, count = 2): number[][] {
  const { weight, bias } = linearDiscriminant(data, classes, { count, shrinkage });
  return Array.from({ length: data.dims[0] }, (_, n) =>
    Array.from(bias.data, (b, k) => dot(row(weight, k), row(data, n)) + b),
  );
}

describe("linearDiscriminant()", () => {
  it("linearDiscriminant() divides the means by the variance within classes when there is one feature", () => {
    // Means 1 and 5; (1 + 1 + 1 + 1) / (4 − 2) = 2.
    const { weight, bias } = linearDiscriminant(features([[0], [2], [4], [6]]), [0, 0, 1, 1], {
      count: 2,
      shrinkage: 0.3,
    });
    expect(weight.dims).toEqual([2, 1]);
    [0.5, 2.5].forEach((wanted, k) => expect(weight.data[k]).toBeCloseTo(wanted, 4));
    [-0.25, -6.25].forEach((wanted, k) => expect(bias.data[k]).toBeCloseTo(wanted, 4));
  });

  it("linearDiscriminant() keeps covariances by 1 − shrinkage", () => {
    // Within both classes (±1, ±1) and (±1, ∓1/2): scatter 8, 5, and 4 − 2 = 2, over 8 − 2.
    const shape = [
      [1, 1],
      [-1, -1],
      [1, -0.5],
      [-1, 0.5],
    ];
    const data = features([...shape, ...shape.map(([x, y]) => [x + 4, y + 1])]);
    const classes = [0, 0, 0, 0, 1, 1, 1, 1];
    for (const shrinkage of [0, 0.5, 1]) {
      const [a, b, c] = [8 / 6, 5 / 6, ((1 - shrinkage) * 2) / 6];
      const { weight } = linearDiscriminant(data, classes, { count: 2, shrinkage });
      const determinant = a * b - c * c;
      expect(weight.data[0]).toBeCloseTo(0, 6);
      expect(weight.data[2]).toBeCloseTo((4 * b - c) / determinant, 4);
      expect(weight.data[3]).toBeCloseTo((a - 4 * c) / determinant, 4);
    }
  });

  it("linearDiscriminant() decides the same when features are measured in other units", () => {
    const count = 3;
    const noise = new TorchGenerator(7).randn(60 * 4, "float32");
    const classes = Array.from({ length: 60 }, (_, n) => n % count);
    const rows = classes.map((k, n) =>
      Array.from({ length: 4 }, (_, i) => noise[n * 4 + i] + (i === k ? 2 : 0) + (i > 0 ? noise[n * 4] : 0)),
    );
    const units = [1, 1000, 0.01, 30];
    const other = rows.map((values) => values.map((value, i) => value * units[i]));
    const [plain, scaled] = [rows, other].map((one) => scores(features(one), classes, 0.3, count));
    // A score is defined up to what all classes have.
    plain.forEach((own, n) =>
      own.forEach((score, k) => expect(score - own[0]).toBeCloseTo(scaled[n][k] - scaled[n][0], 2)),
    );
    const right = plain.filter((own, n) => own.indexOf(Math.max(...own)) === classes[n]);
    expect(right.length).toBeGreaterThan(50);
  });

  it("linearDiscriminant() is finite when a feature never varies, or there are fewer pictures than features", () => {
    const noise = new TorchGenerator(3).randn(6 * 20, "float32");
    const rows = Array.from({ length: 6 }, (_, n) => [5, ...noise.slice(n * 20, n * 20 + 20)]);
    const found = scores(features(rows), [0, 1, 0, 1, 0, 1], 0.3);
    expect(found.flat().every(Number.isFinite)).toBe(true);
  });

  it.each([
    [[0, 1], 2, "there are 2 pictures (more than one of a class is wanted)"],
    [[0, 0, 2], 3, "there are 3 pictures (more than one of a class is wanted)"],
    [[0, 0, 2, 2], 3, "class 1 has no pictures"],
  ])("linearDiscriminant() throws for classes %j of %i", (classes, count, message) => {
    const data = features(classes.map((k) => [k, 1]));
    expect(() => linearDiscriminant(data, classes, { count, shrinkage: 0 })).toThrow(
      `Cannot tell ${count} classes apart: ${message}`,
    );
  });
});
