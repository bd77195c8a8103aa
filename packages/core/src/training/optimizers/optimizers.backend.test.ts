// Every optimizer, through a session: torch's trajectories, and the papers' formulas in double precision where there are none.

import { beforeAll, describe, expect, it } from "vitest";
import { goldenFloats, goldenTensor, readGolden } from "../../../../../fixtures/read-golden.ts";
import { sharedEngine } from "../../../../../fixtures/shared-engine.ts";
import { multiply } from "../../graph/ops/elementwise.ts";
import { sum } from "../../graph/ops/reduce.ts";
import { add } from "../../graph/ops/elementwise.ts";
import { input } from "../../graph/ops/source.ts";
import type { Engine } from "../../runtime/engine.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { graphOf } from "../../graph/graph.ts";
import { evaluate } from "../../runtime/evaluate.ts";
import { TorchGenerator } from "../../util/rng/torch-generator.ts";
import { openTrainingSession } from "../session.ts";
import type { TrainingOptions, TrainingProgram } from "../session.ts";
import { muon, nearestOrthogonal } from "./muon.ts";

let engine: Engine;
beforeAll(async () => void (engine = await sharedEngine()));

const golden = readGolden("train/optim");
const names = ["p0", "p1"] as const;
const tensorOf = (name: string): Tensor => ({
  dims: goldenTensor(golden, name).dims,
  data: goldenFloats(golden, name),
});
const initial = new Map(names.map((name) => [name, tensorOf(`in.${name}`)]));
const gradientsAt = (step: number, factor = 1) =>
  Object.fromEntries(
    names.map((name) => {
      const { dims, data } = tensorOf(`in.grad.${step}.${name}`);
      return [`gradient.${name}`, { dims, data: data.map((v) => v * factor) }];
    }),
  );

/** Σ p·g, of which g is the gradient. */
const program: TrainingProgram = {
  name: "given gradients",
  build(p) {
    const terms = [...initial].map(([name, { dims }]) =>
      sum(multiply(p.parameter(name, dims), input(`gradient.${name}`, dims))),
    );
    return { objectives: [{ name: "sum", loss: terms.reduce(add), trains: () => true }] };
  },
};

/** Weights (or averages) after each of the golden gradients. */
async function trajectory(
  options: Omit<TrainingOptions, "initial">,
  { learningRate, factor = 1, ema = false }: { learningRate: number; factor?: number; ema?: boolean },
): Promise<Map<string, Tensor>[]> {
  const session = await openTrainingSession(engine, program, { initial, ...options });
  const after: Map<string, Tensor>[] = [];
  for (let step = 0; step < 5; step++) {
    await session.train([gradientsAt(step, factor)], { learningRate });
    after.push(await session.weights({ ema }));
  }
  await session.close();
  return after;
}

/** The largest difference beside the largest value. */
function relativeError(actual: Float32Array, wanted: ArrayLike<number>): number {
  const most = Math.max(...Array.from(wanted, Math.abs));
  return Math.max(...actual.map((v, i) => Math.abs(v - wanted[i]))) / most;
}

const kinds: Record<string, "sgd" | "adam" | "adamw"> = {
  adamw: "adamw",
  adamw_b: "adamw",
  amsgrad: "adamw",
  adam: "adam",
  adam_l2: "adam",
  sgd: "sgd",
  sgd_nesterov: "sgd",
};

describe("train()", () => {
  it.each(Object.entries(kinds))("train() steps as torch when the optimizer is %s", async (run, kind) => {
    const { lr, weight_decay: weightDecay, betas, eps: epsilon, amsgrad, momentum, nesterov } = golden.json.runs[run];
    const own = kind === "sgd" ? { momentum, nesterov } : { betas, epsilon, amsgrad };
    const after = await trajectory({ optimizer: { kind, weightDecay, ...own } }, { learningRate: lr });
    for (const name of names) {
      // Measured: 2e-7. The bias corrections stand elsewhere than in torch.
      after.forEach((weights, step) =>
        expect(relativeError(weights.get(name)!.data, goldenFloats(golden, `${run}.step${step}.${name}`))).toBeLessThan(
          2e-6,
        ),
      );
    }
  });

  const averages = {
    ema_const: { decay: 0.99 },
    ema_warmup: { decay: 0.9999, warmup: "power", power: 0.75 },
    ema_update_after: { decay: 0.95, after: 2, least: 0.1 },
    ema_litema: { decay: 0.9999, warmup: "ldm" },
  } as const;
  it.each(Object.entries(averages))("train() averages as the reference when ema is %s", async (run, ema) => {
    const after = await trajectory({ optimizer: { kind: "sgd" }, ema }, { learningRate: 0.1, factor: -1, ema: true });
    for (const name of names) {
      after.forEach((weights, step) =>
        expect(relativeError(weights.get(name)!.data, goldenFloats(golden, `${run}.step${step}.${name}`))).toBeLessThan(
          2e-6,
        ),
      );
    }
  });

  it("train() clips as torch's clip_grad_norm_ when gradients are longer than clipNorm", async () => {
    const session = await openTrainingSession(engine, program, { initial, optimizer: { kind: "sgd" }, clipNorm: 1 });
    const { gradientNorm } = await session.train([gradientsAt(0, 3)], { learningRate: 1 });
    expect(gradientNorm.data[0]).toBeCloseTo(golden.json.clip_grad_norm.total_norm, 4);
    const weights = await session.weights();
    for (const name of names) {
      const clipped = weights.get(name)!.data.map((v, i) => initial.get(name)!.data[i] - v);
      expect(relativeError(clipped, goldenFloats(golden, `clip.grad.${name}`))).toBeLessThan(1e-5);
    }
    await session.close();
  });

  it("train() moves by signs when the optimizer is lion", async () => {
    const [learningRate, weightDecay, b1, b2] = [0.01, 0.1, 0.9, 0.99];
    const after = await trajectory({ optimizer: { kind: "lion", weightDecay } }, { learningRate });
    for (const name of names) {
      const w = Float64Array.from(initial.get(name)!.data);
      const m = new Float64Array(w.length);
      after.forEach((weights, step) => {
        const g = goldenFloats(golden, `in.grad.${step}.${name}`);
        w.forEach((v, i) => {
          w[i] = v - learningRate * (Math.sign(b1 * m[i] + (1 - b1) * g[i]) + weightDecay * v);
          m[i] = b2 * m[i] + (1 - b2) * g[i];
        });
        expect(relativeError(weights.get(name)!.data, w)).toBeLessThan(2e-6);
      });
    }
  });

  it("train() moves matrices as torch.optim.Muon's formula and vectors as AdamW when the optimizer is muon", async () => {
    const [learningRate, weightDecay] = [0.01, 0.1];
    const after = await trajectory({ optimizer: { kind: "muon", weightDecay } }, { learningRate });
    const vectors = await trajectory(
      { optimizer: { kind: "adamw", weightDecay, betas: [0.9, 0.95] } },
      { learningRate },
    );
    for (const name of names) {
      const { dims, data } = initial.get(name)!;
      if (dims.length === 1) {
        after.forEach((weights, step) => expect(weights.get(name)).toEqual(vectors[step].get(name)));
        continue;
      }
      const follow = muonInDoubles(matrix(dims, data), { learningRate, weightDecay });
      after.forEach((weights, step) => {
        const wanted = follow(matrix(dims, goldenFloats(golden, `in.grad.${step}.${name}`)));
        expect(relativeError(weights.get(name)!.data, wanted.flat())).toBeLessThan(1e-5);
      });
    }
  });

  it("muon() treats tables of embeddings as vectors, and the layers of a time embedding as matrices", () => {
    const { slots } = muon({});
    const slotsOf = (name: string, dims: readonly number[]) => Object.keys(slots(dims, name));
    expect(slotsOf("text_model.embeddings.token_embedding.weight", [6, 4])).toEqual(["mean", "square"]);
    expect(slotsOf("unet.time_embedding.linear_1.weight", [6, 4])).toEqual(["mean"]);
    expect(slotsOf("unet.conv_in.weight", [6, 4, 3, 3])).toEqual(["mean"]);
    expect(slotsOf("unet.conv_in.bias", [6])).toEqual(["mean", "square"]);
  });

  it.each([
    [6, 4],
    [4, 6],
    [5, 5],
  ])("nearestOrthogonal() has singular values near 1 when the matrix is %d × %d", async (rows, columns) => {
    const generator = new TorchGenerator(3);
    const x = { dims: [rows, columns], data: generator.randn(rows * columns) };
    const graph = graphOf("orthogonal", { out: nearestOrthogonal(input("x", x.dims)) });
    const { out } = await evaluate(engine, graph, { x });
    const q = matrix(out.dims, out.data);
    const gram = rows > columns ? product(transposed(q), q) : product(q, transposed(q));
    // Singular values between 0.7 and 1.2. Of a symmetric matrix the trace is the sum of the eigenvalues, that of its square the sum of their squares.
    const size = gram.length;
    const trace = gram.reduce((sum, row, i) => sum + row[i], 0) / size;
    const squares = gram.flat().reduce((sum, v) => sum + v * v, 0) / size;
    expect(trace).toBeGreaterThan(0.7 ** 2);
    expect(trace).toBeLessThan(1.2 ** 2);
    expect(Math.sqrt(Math.max(0, squares - trace ** 2))).toBeLessThan((1.2 ** 2 - 0.7 ** 2) / 2);
    // It turns nothing: the trace of Xᵀ·O is near the sum of X's singular values, the most that an orthogonal matrix can have.
    const along = x.data.reduce((sum, v, i) => sum + v * out.data[i], 0);
    expect(along).toBeGreaterThan(0.9 * Math.hypot(...x.data));
  });

  const adafactors = [
    {},
    { weightDecay: 0.1, beta1: 0.9, relativeStep: false, scaleParameter: false, learningRate: 0.02 },
    { warmupInit: true, clipThreshold: 0.3, learningRate: 0.5 },
  ];
  it.each(adafactors)(
    "train() steps as transformers.Adafactor when given %o",
    async ({ learningRate = 1, ...options }) => {
      const after = await trajectory({ optimizer: { kind: "adafactor", ...options } }, { learningRate });
      for (const name of names) {
        const follow = adafactorInDoubles(initial.get(name)!, { learningRate, ...options });
        after.forEach((weights, step) => {
          const wanted = follow(goldenFloats(golden, `in.grad.${step}.${name}`), step + 1);
          expect(relativeError(weights.get(name)!.data, wanted)).toBeLessThan(2e-6);
        });
      }
    },
  );

  it("train() throws when Nesterov has no momentum", async () => {
    const options = { initial, optimizer: { kind: "sgd", nesterov: true } } as const;
    await expect(openTrainingSession(engine, program, options)).rejects.toThrow(/^Cannot use "nesterov"/);
  });
});

type Matrix = number[][];
const matrix = ([rows, columns]: readonly number[], data: ArrayLike<number>): Matrix =>
  Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => data[i * columns + j]));
const transposed = (a: Matrix): Matrix => a[0].map((_, j) => a.map((row) => row[j]));
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, v, k) => sum + v * b[k][j], 0)));
const mixed = (...terms: readonly (readonly [factor: number, a: Matrix])[]): Matrix =>
  terms[0][1].map((row, i) => row.map((_, j) => terms.reduce((sum, [factor, a]) => sum + factor * a[i][j], 0)));

/** torch.optim.Muon with adjust_lr_fn "match_rms_adamw", in double precision where torch has bfloat16. */
function muonInDoubles(initial: Matrix, { learningRate, weightDecay }: { learningRate: number; weightDecay: number }) {
  let w = initial;
  let m = mixed([0, w]);
  return (g: Matrix): Matrix => {
    m = mixed([0.95, m], [0.05, g]);
    let x = mixed([0.95, m], [0.05, g]);
    const isTall = x.length > x[0].length;
    if (isTall) x = transposed(x);
    x = mixed([1 / Math.hypot(...x.flat()), x]);
    for (let i = 0; i < 5; i++) {
      const a = product(x, transposed(x));
      x = mixed([3.4445, x], [1, product(mixed([-4.775, a], [2.0315, product(a, a)]), x)]);
    }
    if (isTall) x = transposed(x);
    const rate = learningRate * 0.2 * Math.sqrt(Math.max(w.length, w[0].length));
    w = mixed([1 - learningRate * weightDecay, w], [-rate, x]);
    return w;
  };
}

interface AdafactorCase {
  readonly learningRate: number;
  readonly weightDecay?: number;
  readonly beta1?: number;
  readonly relativeStep?: boolean;
  readonly scaleParameter?: boolean;
  readonly warmupInit?: boolean;
  readonly clipThreshold?: number;
}

/** Adafactor's algorithms 4 and 5 for one vector or matrix, as transformers.Adafactor takes them. */
function adafactorInDoubles({ dims, data }: Tensor, options: AdafactorCase) {
  const {
    learningRate,
    weightDecay = 0,
    beta1,
    relativeStep = true,
    scaleParameter = true,
    warmupInit = false,
    clipThreshold = 1,
  } = options;
  const [rows, columns] = dims.length === 2 ? dims : [1, dims[0]];
  const w = Float64Array.from(data);
  const [r, c, m] = [new Float64Array(rows), new Float64Array(columns), new Float64Array(w.length)];
  const rms = (x: Float64Array) => Math.sqrt(x.reduce((total, v) => total + v * v, 0) / x.length);
  return (g: Float32Array, step: number): Float64Array => {
    const relative = relativeStep ? Math.min(warmupInit ? 1e-6 * step : 1e-2, 1 / Math.sqrt(step)) : 1;
    const rate = learningRate * relative * (scaleParameter ? Math.max(1e-3, rms(w)) : 1);
    const beta2 = 1 - step ** -0.8;
    const squares = Float64Array.from(g, (v) => v * v + 1e-30);
    for (let i = 0; i < rows; i++) {
      let mean = 0;
      for (let j = 0; j < columns; j++) mean += squares[i * columns + j] / columns;
      r[i] = beta2 * r[i] + (1 - beta2) * mean;
    }
    for (let j = 0; j < columns; j++) {
      let mean = 0;
      for (let i = 0; i < rows; i++) mean += squares[i * columns + j] / rows;
      c[j] = beta2 * c[j] + (1 - beta2) * mean;
    }
    const meanRow = r.reduce((total, v) => total + v, 0) / rows;
    const update = Float64Array.from(g, (v, i) => {
      const square = dims.length === 2 ? (r[Math.floor(i / columns)] / meanRow) * c[i % columns] : c[i];
      return v / Math.sqrt(square);
    });
    const limit = Math.max(1, rms(update) / clipThreshold);
    w.forEach((v, i) => {
      let change = (update[i] / limit) * rate;
      if (beta1 !== undefined) change = m[i] = beta1 * m[i] + (1 - beta1) * change;
      w[i] = v - v * weightDecay * rate - change;
    });
    return w;
  };
}
