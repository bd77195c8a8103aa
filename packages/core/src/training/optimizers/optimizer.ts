// What an optimizer is: what it remembers of each parameter, what changes from step to step, and one step as a graph.

import { multiply } from "../../graph/ops/elementwise.ts";
import type { Value } from "../../graph/value.ts";

/** One step of one parameter, seen from inside the graph. */
export interface OptimizerStep {
  /** The parameter's name. */
  readonly name: string;
  readonly parameter: Value;
  /** Of the loss, clipped. */
  readonly gradient: Value;
  /** What is remembered from the steps before, by slot. */
  readonly slots: Readonly<Record<string, Value>>;
  /** This step's `scalars`, []. */
  readonly scalars: Readonly<Record<string, Value>>;
  /** Whether there is any weight decay: where there is none it costs nothing. */
  readonly decays: boolean;
}

/** Where a training stands when a step is taken. */
export interface OptimizerMoment {
  /** The step's number, from 1. */
  readonly step: number;
  readonly learningRate: number;
  readonly weightDecay: number;
}

/** A rule that improves parameters along their gradients. */
export interface Optimizer {
  /** Shape by slot of what it remembers of the parameter `name` of shape `dims`: zeros at first. */
  slots(dims: readonly number[], name: string): Readonly<Record<string, readonly number[]>>;
  /** What changes from step to step, in double precision; the graph gets it rounded to float32. */
  scalars(moment: OptimizerMoment): Readonly<Record<string, number>>;
  /** The next parameter and slots. */
  step(step: OptimizerStep): { readonly parameter: Value; readonly slots: Readonly<Record<string, Value>> };
}

/** (1 − learning rate · decay)·w: weight decay apart from the gradient (arXiv 1711.05101). */
export const decayed = ({ parameter, scalars, decays }: OptimizerStep): Value =>
  decays ? multiply(parameter, scalars.keep) : parameter;

/** Whether a parameter is a table with a row for each token, place or class. */
export const isEmbedding = (name: string, dims: readonly number[]): boolean =>
  dims.length === 2 && name.endsWith("embedding.weight");
