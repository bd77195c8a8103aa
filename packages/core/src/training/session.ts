// A network in training: its weights, averages and what the optimizer remembers live in the engine; a step at a time goes in and
// its losses come out. A step whose loss or gradients are not finite changes nothing.

import type { Engine, Network, RunOptions } from "../runtime/engine.ts";
import type { StoredTensors } from "../tensor/stored.ts";
import { tensor } from "../tensor/tensor.ts";
import type { AnyTensor, Tensor } from "../tensor/tensor.ts";
import { emaDecay } from "./ema.ts";
import type { EmaOptions } from "./ema.ts";
import { planOptimizer } from "./parameter-groups.ts";
import type { OptimizerOptions } from "./parameter-groups.ts";
import { traceProgram } from "./program.ts";
import type { TrainingProgram } from "./program.ts";
import { residentNames } from "./resident-names.ts";
import * as graphs from "./step-graphs.ts";
import type { StepGraph } from "./step-graphs.ts";

export type { TrainingProgram } from "./program.ts";

type Feeds = Readonly<Record<string, AnyTensor>>;

/** An open training. */
export interface TrainingSession {
  /** Optimizer steps done. */
  readonly step: number;
  /**
   * One optimizer step on one batch, or on the mean of several. Returns `<objective>.loss`, `gradientNorm` (before clipping;
   * `gradientNorm.<objective>` of several objectives) and the metrics: means over the batches, the last one's where they are no
   * scalars. Where a loss or norm is not finite no weight has changed, and `step` has not either.
   */
  train(batches: readonly Feeds[], settings: { readonly learningRate: number }): Promise<Record<string, Tensor>>;
  /** The same losses and metrics without a step; `ema` uses the averaged weights. */
  measure(feeds: Feeds, options?: { readonly ema?: boolean }): Promise<Record<string, Tensor>>;
  /** The weights by parameter name, shaped as the initial ones; `ema`: the averaged ones, where a parameter has an average. */
  weights(options?: { readonly ema?: boolean }): Promise<Map<string, Tensor>>;
  /** Everything that a resume needs: weights, averages, what the optimizer remembers, and the step. */
  state(): Promise<Map<string, Tensor>>;
  /** Goes on from `state`, bit for bit. Throws Error when a tensor is missing or misshapen. */
  restore(state: ReadonlyMap<string, Tensor>): Promise<void>;
  /** Puts other values into weights (not into their averages). */
  write(parameters: ReadonlyMap<string, Tensor>): Promise<void>;
  /** Frees what it holds in the engine. */
  close(): Promise<void>;
}

/** How to train. */
export interface TrainingOptions {
  /** The first value of every parameter that is trained or updated; see initialize.ts. */
  readonly initial: ReadonlyMap<string, Tensor>;
  /** All other parameters: weights of a checkpoint. */
  readonly frozen?: StoredTensors;
  /** Its name, for messages. */
  readonly source?: string;
  readonly optimizer: OptimizerOptions;
  /** Largest norm of an objective's gradients: longer ones are scaled down to it. */
  readonly clipNorm?: number;
  /** Averages the trained weights. */
  readonly ema?: EmaOptions;
  /** Computes activations a second time for the gradients: a third more work, far less memory. */
  readonly recompute?: boolean;
}

/** Moves the weights of `program` into `engine`. Throws Error when the program and the tensors do not fit. */
export async function openTrainingSession(
  engine: Engine,
  program: TrainingProgram,
  { initial, frozen = new Map(), source = program.name, optimizer, clipNorm, ema, recompute }: TrainingOptions,
): Promise<TrainingSession> {
  const traced = traceProgram(program, initial);
  const trained = traced.objectives.flatMap((objective) =>
    [...objective.trained.keys()].map((name) => ({ name, dims: traced.dims.get(name)! })),
  );
  const plan = planOptimizer(
    optimizer,
    trained.map(({ name, dims }) => [name, dims]),
  );
  const averaged = new Set(ema === undefined ? [] : trained.map(({ name }) => name));
  /** By resident's name and in the program's shape. */
  const shaped = (tensors: ReadonlyMap<string, Tensor>, residentOf: (name: string) => string): Record<string, Tensor> =>
    Object.fromEntries(
      [...tensors].map(([name, { dims, data }]) => [residentOf(name), { dims: traced.dims.get(name) ?? dims, data }]),
    );
  const residents = await engine.hold({
    ...shaped(initial, residentNames.weight),
    ...Object.fromEntries(
      trained.flatMap(({ name, dims }) =>
        Object.entries(plan.optimizer.slots(dims, name)).map(([slot, own]) => [
          residentNames.slot(name, slot),
          tensor(own),
        ]),
      ),
    ),
    ...shaped(new Map([...initial].filter(([name]) => averaged.has(name))), residentNames.average),
  });
  const saved = [...residents.dims.keys()];
  let step = 0;

  // Each graph is loaded when it is first wanted.
  const loaded = new Map<string, Promise<(feeds: Feeds, options?: RunOptions) => Promise<Record<string, Tensor>>>>();
  const networks: Network[] = [];
  const load = (key: string, make: () => StepGraph) => {
    const known = loaded.get(key) ?? prepare(make());
    loaded.set(key, known);
    return known;
  };
  async function prepare({ graph, keep, outputs }: StepGraph) {
    // Rewriting would widen and transpose all frozen weights at once while it loads: 16 GB at SD 1.5's size. As it is they are
    // mapped, and widened anew in every step.
    const network = await engine.load(graph, frozen, { source, keep, optimize: false });
    networks.push(network);
    return (feeds: Feeds, options?: RunOptions) => network.run(feeds, { residents, outputs, ...options });
  }
  const stepPlan = { optimizer: plan, clipNorm, ema: ema !== undefined, recompute };

  /** What the optimizer is fed for the next step. */
  function moment(learningRate: number): Feeds {
    const scalars = plan.treatments.map((treatment, i): [string, Tensor] => {
      const values = plan.optimizer.scalars({
        step: step + 1,
        learningRate: learningRate * treatment.learningRate,
        weightDecay: treatment.weightDecay,
      });
      const data = Float32Array.from(Object.values(values));
      return [graphs.scalarsOf(i), { dims: [data.length], data }];
    });
    const averaging = ema && { [graphs.forgetting]: scalar(1 - emaDecay(step + 1, ema)) };
    return { ...Object.fromEntries(scalars), ...averaging };
  }

  /** Gradients of several batches, one after another, and then the step. */
  async function accumulate(batches: readonly Feeds[], learningRate: number): Promise<Record<string, Tensor>> {
    await holdGradientSums();
    const add = await load("accumulate", () => graphs.accumulateGraph(traced, { recompute }));
    const results: Record<string, Tensor>[] = [];
    for (const [i, feeds] of batches.entries()) {
      const result = await add({ ...feeds, [graphs.carried]: scalar(i === 0 ? 0 : 1) });
      results.push(result);
      if (!isFinite(result)) return result;
    }
    const apply = await load("apply", () => graphs.applyGraph(traced, stepPlan));
    const norms = await apply({ ...moment(learningRate), [graphs.share]: scalar(1 / batches.length) });
    return { ...meanOf(results), ...norms };
  }
  let holdsGradientSums = false;
  async function holdGradientSums(): Promise<void> {
    if (holdsGradientSums) return;
    const sums = trained.map(({ name, dims }) => [residentNames.gradientSum(name), tensor(dims)] as const);
    await residents.add(Object.fromEntries(sums));
    holdsGradientSums = true;
  }

  return {
    get step() {
      return step;
    },
    async train(batches, { learningRate }) {
      if (batches.length === 0)
        throw new RangeError(`Cannot train "${program.name}": no batch (one or more are wanted)`);
      const result =
        batches.length > 1
          ? await accumulate(batches, learningRate)
          : await (
              await load("step", () => graphs.stepGraph(traced, stepPlan))
            )({ ...batches[0], ...moment(learningRate) });
      if (isFinite(result)) step++;
      return withoutGuard(result);
    },
    async measure(feeds, { ema: average = false } = {}) {
      const run = await load("measure", () => graphs.measureGraph(traced));
      const names = average ? [...averaged] : [];
      const from = names.map((name) => [residentNames.weight(name), residentNames.average(name)]);
      return withoutGuard(await run(feeds, { from: Object.fromEntries(from) }));
    },
    async weights({ ema: average = false } = {}) {
      const names = [...initial.keys()];
      const residentOf = (name: string) => residentNames[average && averaged.has(name) ? "average" : "weight"](name);
      const values = await residents.read(names.map(residentOf));
      return new Map(names.map((name) => [name, { ...values[residentOf(name)], dims: initial.get(name)!.dims }]));
    },
    async state() {
      return new Map([...Object.entries(await residents.read(saved)), ["step", scalar(step)]]);
    },
    async restore(state) {
      const missing = [...saved, "step"].find((name) => !state.has(name));
      if (missing !== undefined) throw new Error(`Cannot restore "${program.name}": the state has no "${missing}"`);
      await residents.write(Object.fromEntries(saved.map((name) => [name, state.get(name)!])));
      step = state.get("step")!.data[0];
    },
    write: (parameters) => residents.write(shaped(parameters, residentNames.weight)),
    async close() {
      for (const network of networks) await network.unload();
      await residents.release();
    },
  };
}

const scalar = (value: number): Tensor => tensor([], Float32Array.of(value));

const isFinite = (result: Readonly<Record<string, Tensor>>): boolean => Number.isFinite(result[graphs.guard].data[0]);

const withoutGuard = (result: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(result).filter(([name]) => name !== graphs.guard));

/** Means of scalars, and the last of all else. */
function meanOf(results: readonly Record<string, Tensor>[]): Record<string, Tensor> {
  const last = results.at(-1)!;
  return Object.fromEntries(
    Object.entries(last).map(([name, value]) => {
      if (value.dims.length > 0) return [name, value];
      const sum = results.reduce((total, result) => total + result[name].data[0], 0);
      return [name, scalar(sum / results.length)];
    }),
  );
}
