// Singular values and vectors of changes of weights: of a product of two thin factors, exactly; of a whole matrix, its
// largest ones by a randomized range finder. Halko, Martinsson, Tropp 2011, arXiv:0909.4061, algorithms 4.4 and 5.1.

import { SingularValueDecomposition, Matrix } from "ml-matrix";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import { addRows } from "./forms/add-rows.ts";

/** A ≈ left [rows, rank] · diag(values) · right [rank, columns], values descending; left and right are orthonormal. */
export interface Decomposition {
  readonly left: Float64Array;
  readonly values: Float64Array;
  readonly right: Float64Array;
}

/** A matrix, row-major. */
interface Sized {
  readonly data: ArrayLike<number>;
  readonly rows: number;
  readonly columns: number;
}

/** The decomposition of up [rows, inner] · down [inner, columns]; as many values as the smallest of the three. */
export function productSvd(up: Sized, down: Sized): Decomposition {
  // up = Q₁R₁ and downᵀ = Q₂R₂, so up·down = Q₁·(R₁R₂ᵀ)·Q₂ᵀ, and R₁R₂ᵀ is small.
  const first = thinQr(transpose(up));
  const second = thinQr(dense(down));
  const core = multiply(first.r, transpose(second.r));
  const { left, values, right } = smallSvd(core);
  return {
    left: multiply(first.q, left).data,
    values,
    right: multiply(right, transpose(second.q)).data,
  };
}

/** How a matrix is searched for its largest singular values. */
export interface TruncateOptions {
  readonly rank: number;
  /** Further directions that are tried. */
  readonly oversampling?: number;
  /** Passes over AAᵀ, each of which makes large values stand out. */
  readonly powerIterations?: number;
}

/** The `rank` largest singular values of a matrix. Exact where its rank is no larger, or where it is small. */
export function truncatedSvd(
  given: Sized,
  { rank, oversampling = 10, powerIterations = 2 }: TruncateOptions,
): Decomposition {
  const matrix = dense(given);
  const { rows, columns } = matrix;
  const width = Math.min(rank + oversampling, rows, columns);
  let range: Dense;
  if (width === Math.min(rows, columns)) range = rows <= columns ? identity(rows) : thinQr(transpose(matrix)).q;
  else {
    const probe = { data: new TorchGenerator(0).randn(columns * width, "float64"), rows: columns, columns: width };
    range = thinQr(transpose(multiply(matrix, probe))).q;
    for (let i = 0; i < powerIterations; i++) {
      const back = thinQr(transpose(multiplyTransposed(matrix, range))).q;
      range = thinQr(transpose(multiply(matrix, back))).q;
    }
  }
  // A ≈ Q·(QᵀA)
  const { left, values, right } = productSvd(range, transpose(multiplyTransposed(matrix, range)));
  return cut({ left, values, right }, { rows, columns, rank });
}

/** The first `rank` singular values alone. */
export function cut(
  { left, values, right }: Decomposition,
  { rows, columns, rank }: { rows: number; columns: number; rank: number },
): Decomposition {
  const kept = Math.min(rank, values.length);
  const narrow = new Float64Array(rows * kept);
  for (let i = 0; i < rows; i++) for (let k = 0; k < kept; k++) narrow[i * kept + k] = left[i * values.length + k];
  return { left: narrow, values: values.slice(0, kept), right: right.slice(0, kept * columns) };
}

type Dense = Sized & { readonly data: Float64Array };

const dense = ({ data, ...size }: Sized): Dense => ({
  ...size,
  data: data instanceof Float64Array ? data : Float64Array.from(data),
});

const zeros = (rows: number, columns: number): Dense => ({ data: new Float64Array(rows * columns), rows, columns });

function identity(size: number): Dense {
  const result = zeros(size, size);
  for (let i = 0; i < size; i++) result.data[i * size + i] = 1;
  return result;
}

function transpose({ data, rows, columns }: Sized): Dense {
  const result = zeros(columns, rows);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result.data[j * rows + i] = data[i * columns + j];
  return result;
}

function multiply(a: Dense, b: Dense): Dense {
  const result = zeros(a.rows, b.columns);
  for (let i = 0; i < a.rows; i++) addRows(rowsOf(result, i, i + 1), b.data, rowsOf(a, i, i + 1));
  return result;
}

/** Rows of both factors that are gone through at a time. */
const block = 32;

/** aᵀ·b. */
function multiplyTransposed(a: Dense, b: Dense): Dense {
  const result = zeros(a.columns, b.columns);
  for (let from = 0; from < a.rows; from += block) {
    const to = Math.min(from + block, a.rows);
    const rows = rowsOf(b, from, to);
    const factors = new Float64Array(to - from);
    for (let i = 0; i < a.columns; i++) {
      for (let k = from; k < to; k++) factors[k - from] = a.data[k * a.columns + i];
      addRows(rowsOf(result, i, i + 1), rows, factors);
    }
  }
  return result;
}

const rowsOf = ({ data, columns }: Dense, from: number, to: number) => data.subarray(from * columns, to * columns);

/**
 * A = Q·R by Gram and Schmidt, for A given as its transpose; each column is made orthogonal twice ("twice is enough"). A column in
 * the span of those before it becomes zeros, so that factors of less rank need no special case.
 */
function thinQr({ data, rows: columns, columns: rows }: Dense): { q: Dense; r: Dense } {
  const size = Math.min(rows, columns);
  const r = zeros(size, columns);
  const basis: Float64Array[] = [];
  for (let j = 0; j < columns; j++) {
    const vector = data.slice(j * rows, (j + 1) * rows);
    const length = norm(vector);
    for (let pass = 0; pass < 2; pass++) {
      basis.forEach((direction, i) => {
        let dot = 0;
        for (let n = 0; n < rows; n++) dot += direction[n] * vector[n];
        if (dot === 0) return;
        r.data[i * columns + j] += dot;
        for (let n = 0; n < rows; n++) vector[n] -= dot * direction[n];
      });
    }
    if (basis.length === size) continue;
    const rest = norm(vector);
    // What is left of a dependent column is rounding.
    if (rest <= length * 1e-14) basis.push(new Float64Array(rows));
    else {
      r.data[basis.length * columns + j] = rest;
      basis.push(vector.map((value) => value / rest));
    }
  }
  const q = zeros(rows, size);
  for (let i = 0; i < size; i++) for (let n = 0; n < rows; n++) q.data[n * size + i] = basis[i][n];
  return { q, r };
}

const norm = (vector: Float64Array): number => Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));

function smallSvd(matrix: Dense): { left: Dense; values: Float64Array; right: Dense } {
  const svd = new SingularValueDecomposition(new Matrix(toRows(matrix)), { autoTranspose: true });
  const values = Float64Array.from(svd.diagonal);
  const left = fromMatrix(svd.leftSingularVectors, matrix.rows, values.length);
  const right = transpose(fromMatrix(svd.rightSingularVectors, matrix.columns, values.length));
  return { left, values, right };
}

const toRows = ({ data, rows, columns }: Dense): number[][] =>
  Array.from({ length: rows }, (_, i) => [...data.subarray(i * columns, (i + 1) * columns)]);

function fromMatrix(matrix: Matrix, rows: number, columns: number): Dense {
  const result = zeros(rows, columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result.data[i * columns + j] = matrix.get(i, j);
  return result;
}
