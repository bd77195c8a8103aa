// A trainer's network with its first weights in the engine.

import { graphOf } from "../graph/graph.ts";
import { parameters } from "../graph/params.ts";
import type { Engine } from "../runtime/engine.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { drawsAt } from "./draws.ts";
import { initialize } from "./initialize.ts";
import { parameterKinds } from "./parameter-groups.ts";
import type { Recipe } from "./recipe/read-recipe.ts";
import { openTrainingSession } from "./session.ts";
import type { TrainingProgram, TrainingSession } from "./session.ts";
import type { Trainer } from "./trainers/trainer.ts";

/** Opens a session for `trainer`, its optimizer and averages as `recipe` says. */
export function startSession(engine: Engine, trainer: Trainer, recipe: Recipe): Promise<TrainingSession> {
  const { exclude, ...optimizer } = recipe.optimizer;
  return openTrainingSession(engine, trainer.program, {
    initial: firstWeights(trainer, recipe.seed),
    ...(trainer.frozen && { frozen: trainer.frozen.tensors, source: trainer.frozen.source }),
    optimizer: {
      ...optimizer,
      groups: trainer.groups,
      exclude: (name, dims) => exclude.some((kind) => parameterKinds[kind](name, dims)),
    },
    clipNorm: recipe.clipNorm,
    ema: recipe.ema,
    recompute: recipe.recompute,
  });
}

/** The weights a run begins with: drawn as their layers' are, unless the trainer has others. */
function firstWeights({ program, frozen, rules, initial = new Map() }: Trainer, seed: number): Map<string, Tensor> {
  const drawn = initialize(wholeGraph(program), drawsAt(seed, "weights", { epoch: 0, batch: 0 }).nextUint32(), {
    rules,
    only: (name) => frozen?.tensors.has(name) !== true && !initial.has(name),
  });
  return new Map([...drawn, ...initial]);
}

/** A graph that has all parameters of `program`. */
function wholeGraph(program: TrainingProgram) {
  const { objectives, metrics = {}, updates = {} } = program.build(parameters());
  return graphOf(program.name, {
    ...Object.fromEntries(objectives.map(({ name, loss }) => [`objective/${name}`, loss])),
    ...Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`metric/${name}`, value])),
    ...Object.fromEntries(Object.entries(updates).map(([name, value]) => [`next/${name}`, value])),
  });
}
