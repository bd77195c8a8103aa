// What every form of adapter can do. A form is a way to write down the change ΔW of one parameter W; each is linear in
// its weight, so W' = W + weight·ΔW. A file of this folder holds one form: its values, how they are read, its formula.

import type { Tensor } from "../../tensor/tensor.ts";

/** Dimensions of a form's tensors, by field. */
export type FieldDims = ReadonlyMap<string, readonly number[]>;

/** A form's tensors, by field. */
export type FieldValues = ReadonlyMap<string, Tensor>;

/** How one form is recognised, checked, read and computed. */
export interface FormType<F> {
  /** Whether tensors of these fields are one. */
  is(fields: Pick<FieldDims, "has">): boolean;
  /** What the tensors of this form can be beside those that make it one. */
  readonly fields: readonly string[];
  /** The rank, where the form has one. */
  rank?(dims: FieldDims): number;
  /** Why tensors of these dimensions cannot change a parameter [out, in, …]; undefined when they can. */
  problem(dims: FieldDims, base: readonly number[]): string | undefined;
  /** `scale` stands for alpha/rank where the module has no alpha of its own. */
  read(values: FieldValues, scale?: number): F;
  /** ΔW for the parameter whose values are `base`, in its dimensions. */
  delta(form: F, base: Tensor): Float32Array;
}

/** A form whose ΔW does not depend on W: it can be computed alone, and DoRA can rescale it. */
export interface FreeFormType<F> extends FormType<F> {
  /** ΔW [out, in, …] of a parameter with these dimensions. */
  change(form: F, dims: readonly number[]): Float32Array;
}

/** out, in and the rest of a weight's dimensions as one: [out, in, k, k] → {out, in, inner: k·k}. A vector has in = 1. */
export function axes([out, into = 1, ...kernel]: readonly number[]): { out: number; into: number; inner: number } {
  return { out, into, inner: kernel.reduce((all, dim) => all * dim, 1) };
}

/** alpha/rank: by the module's own alpha, else as a configuration says, else 1 (alpha is the rank). */
export function scaleOf(values: FieldValues, rank: number, scale: number | undefined): number {
  const alpha = values.get("alpha")?.data[0];
  return alpha === undefined ? (scale ?? 1) : alpha / rank;
}

/** [a,b] as text, for messages. */
export const shapeText = (dims: readonly number[] | undefined): string => `[${dims ?? ""}]`;
