// The graphs of a training. A step on one batch is one graph: forward pass, gradients, optimizer, averages. A step on several
// batches is two: one adds a batch's gradients up, the other takes the step.

import { gradients } from "../autodiff/gradient.ts";
import type { GradientOptions } from "../autodiff/gradient.ts";
import { graphOf } from "../graph/graph.ts";
import type { Graph } from "../graph/graph.ts";
import { abs, add, multiply, subtract } from "../graph/ops/elementwise.ts";
import { reshape, slice } from "../graph/ops/shape.ts";
import { input } from "../graph/ops/source.ts";
import { within } from "../graph/scope.ts";
import type { Value } from "../graph/value.ts";
import type { KeptOutputs } from "../runtime/engine.ts";
import { clippingFactor, gradientNorm } from "./gradient-norm.ts";
import type { OptimizerPlan } from "./parameter-groups.ts";
import type { Objective, TracedProgram } from "./program.ts";
import { residentNames } from "./resident-names.ts";

/** A graph with what of it stays in the engine and what comes back. */
export interface StepGraph {
  readonly graph: Graph;
  readonly keep: KeptOutputs;
  readonly outputs: readonly string[];
}

/** How gradients become steps. */
export interface StepPlan extends GradientOptions {
  readonly optimizer: OptimizerPlan;
  readonly clipNorm?: number;
  readonly ema: boolean;
}

/** The output that says whether a run may count: not finite when a loss or a gradient is not. */
export const guard = "guard";
/** The input with 1 − the averages' decay, []. */
export const forgetting = "forgetting";
/** The input with the optimizer's scalars for treatment number `i`, [k]. */
export const scalarsOf = (i: number): string => `scalars.${i}`;
/** The input with what gradient sums are multiplied by before a batch's gradients are added, []: 0 for the first batch. */
export const carried = "carried";
/** The input with what gradient sums are multiplied by in the end, []. */
export const share = "share";

/** Losses and metrics alone. */
export const measureGraph = (program: TracedProgram): StepGraph =>
  assemble(`${program.name} losses`, [lossesOf(program)]);

/** One optimizer step on one batch. */
export const stepGraph = (program: TracedProgram, plan: StepPlan): StepGraph =>
  assemble(`${program.name} step`, [
    lossesOf(program),
    { replaced: updatesOf(program) },
    ...steps(program, plan, ({ loss, trained }) => gradients(loss, [...trained.values()], undefined, plan)),
  ]);

/** A batch's gradients, added to those of the batches before. */
export function accumulateGraph(program: TracedProgram, how: GradientOptions = {}): StepGraph {
  const kept = input(carried, []);
  const sums = program.objectives.map(({ name: objective, loss, trained }): Part => {
    const found = gradients(loss, [...trained.values()], undefined, how);
    const replaced = [...trained].map(([name, { dims }], i): [string, Value] => {
      const resident = residentNames.gradientSum(name);
      return [resident, add(multiply(input(resident, dims), kept), found[i])];
    });
    return { ...normOf(program, objective, found), replaced: Object.fromEntries(replaced) };
  });
  return assemble(`${program.name} gradients`, [lossesOf(program), { replaced: updatesOf(program) }, ...sums]);
}

/** One optimizer step on the gradients that are added up. */
export function applyGraph(program: TracedProgram, plan: StepPlan): StepGraph {
  const factor = input(share, []);
  const gradientsOf = ({ trained }: Objective) =>
    [...trained].map(([name, { dims }]) => multiply(input(residentNames.gradientSum(name), dims), factor));
  return assemble(`${program.name} apply`, steps(program, plan, gradientsOf));
}

/** Every objective's gradients clipped, its parameters stepped along them, and the averages moved. */
function steps(
  program: TracedProgram,
  { optimizer: { optimizer, treatments, treatmentOf }, clipNorm, ema }: StepPlan,
  gradientsOf: (objective: Objective) => readonly Value[],
): Part[] {
  const forget = input(forgetting, []);
  const scalars = treatments.map((treatment, i) => {
    const names = Object.keys(optimizer.scalars({ step: 1, learningRate: 1, weightDecay: treatment.weightDecay }));
    const all = input(scalarsOf(i), [names.length]);
    const at = (k: number) => reshape(slice(all, { axis: 0, start: k, end: k + 1 }), []);
    return Object.fromEntries(names.map((name, k) => [name, at(k)]));
  });

  return program.objectives.map((objective) => {
    const found = gradientsOf(objective);
    const size = normOf(program, objective.name, found);
    const factor = clipNorm === undefined ? undefined : clippingFactor(size.norm, clipNorm);
    const replaced: Record<string, Value> = {};
    [...objective.trained].forEach(([name, parameter], i) =>
      within(`optimizer/${name}`, () => {
        const dims = parameter.dims as readonly number[];
        const slots = Object.entries(optimizer.slots(dims, name)).map(([slot, own]): [string, Value] => [
          slot,
          input(residentNames.slot(name, slot), own),
        ]);
        const next = optimizer.step({
          name,
          parameter,
          gradient: factor === undefined ? found[i] : multiply(found[i], factor),
          slots: Object.fromEntries(slots),
          scalars: scalars[treatmentOf(name)],
          decays: treatments[treatmentOf(name)].weightDecay > 0,
        });
        replaced[residentNames.weight(name)] = next.parameter;
        for (const [slot, value] of Object.entries(next.slots)) replaced[residentNames.slot(name, slot)] = value;
        if (ema) {
          const average = input(residentNames.average(name), dims);
          const moved = multiply(subtract(average, next.parameter), forget);
          replaced[residentNames.average(name)] = subtract(average, moved);
        }
      }),
    );
    return { ...size, replaced };
  });
}

function normOf({ objectives }: TracedProgram, objective: string, found: readonly Value[]): Part & { norm: Value } {
  const norm = within(`norm/${objective}`, () => gradientNorm(found));
  const title = objectives.length === 1 ? "gradientNorm" : `gradientNorm.${objective}`;
  return { norm, reported: { [title]: norm }, guarded: [norm] };
}

/** Some of what a graph gives. */
interface Part {
  /** What comes back, by name. */
  readonly reported?: Readonly<Record<string, Value>>;
  /** Next values by resident. */
  readonly replaced?: Readonly<Record<string, Value>>;
  /** Scalars that have to be finite. */
  readonly guarded?: readonly Value[];
}

function assemble(name: string, parts: readonly Part[]): StepGraph {
  const guarded = parts.flatMap((part) => part.guarded ?? []);
  const reported = Object.assign({}, ...parts.map((part) => part.reported)) as Record<string, Value>;
  const replaced = Object.entries(Object.assign({}, ...parts.map((part) => part.replaced)) as Record<string, Value>);
  const outputs = { ...reported, [guard]: guarded.map(abs).reduce(add) };
  return {
    graph: graphOf(name, {
      ...outputs,
      ...Object.fromEntries(replaced.map(([resident, value]) => [residentNames.next(resident), value])),
    }),
    keep: {
      outputs: Object.fromEntries(replaced.map(([resident]) => [residentNames.next(resident), resident])),
      unlessNotFinite: guard,
    },
    outputs: Object.keys(outputs),
  };
}

const lossesOf = ({ objectives, metrics }: TracedProgram): Part => ({
  reported: { ...Object.fromEntries(objectives.map(({ name, loss }) => [`${name}.loss`, loss])), ...metrics },
  guarded: objectives.map(({ loss }) => loss),
});

const updatesOf = ({ updates }: TracedProgram): Record<string, Value> =>
  Object.fromEntries(Object.entries(updates).map(([name, next]) => [residentNames.weight(name), next]));
