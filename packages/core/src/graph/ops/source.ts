// Where values come from: the caller's inputs, a checkpoint's parameters, constants.

import type { AnyTensor } from "../../tensor/tensor.ts";
import { multiplyDims } from "../dim.ts";
import type { Dim } from "../dim.ts";
import { ints } from "../lowering.ts";
import { apply } from "../op.ts";
import type { Op } from "../op.ts";
import type { DataType, Value } from "../value.ts";
import { onnxTypes } from "./elementwise.ts";

/** Name and signature of an input. */
export interface InputAttributes {
  readonly name: string;
  readonly type: DataType;
  readonly dims: readonly Dim[];
}
/** Name and shape of a weight. */
export interface ParameterAttributes {
  /** The name in the published checkpoint, e.g. "conv_in.weight". */
  readonly name: string;
  readonly dims: readonly number[];
}
/** A host tensor of a type that the graph has. */
export type ConstantAttributes = { readonly type: "float32" | "int64" | "int32" } & AnyTensor;

/** What the caller feeds: its name is its node. */
export const inputOp: Op<InputAttributes> = {
  name: "input",
  infer: (_, { type, dims }) => ({ type, dims }),
  lower: (_to, _inputs, { name }) => name,
};

/** A float32 weight, whatever type the checkpoint stores it in. */
export const parameterOp: Op<ParameterAttributes> = {
  name: "parameter",
  infer: (_, { dims }) => ({ type: "float32", dims }),
  lower: (to, _inputs, { name, dims }) => to.parameter(name, dims),
};

/** Values known while tracing. */
export const constantOp: Op<ConstantAttributes> = {
  name: "constant",
  infer: (_, { type, dims }) => ({ type, dims }),
  lower: (to, _inputs, attributes) => to.constant(attributes),
};

/** An input of the graph: `input("sample", [batch, 4, height, width])`. */
export const input = (name: string, dims: readonly Dim[], type: DataType = "float32"): Value =>
  apply(inputOp, [], { name, type, dims });

/** A float32 constant. */
export const constant = (values: ArrayLike<number>, dims: readonly number[] = [values.length]): Value =>
  apply(constantOp, [], { type: "float32", dims, data: Float32Array.from(values) });

/** A float32 constant of no dimensions. */
export const scalar = (value: number): Value => constant([value], []);

/** An int64 constant. */
export const integers = (values: readonly number[], dims: readonly number[] = [values.length]): Value =>
  apply(constantOp, [], { type: "int64", dims, data: BigInt64Array.from(values, BigInt) });

/** Input x; a border for gradients. */
export const stopGradientOp: Op<undefined> = {
  name: "stopGradient",
  infer: ([x]) => ({ type: x.type, dims: x.dims }),
  lower: (_to, [x]) => x,
};

/** Inputs x and one that has to be there first. */
export const afterOp: Op<undefined> = {
  name: "after",
  infer: ([x]) => ({ type: x.type, dims: x.dims }),
  lower(to, [x, first], _, { type }) {
    // x − 0, with a zero that only the other's data can give: no number is less than itself.
    const flat = to.node("Reshape", [first, ints(to, [-1])]);
    const element = to.node("Slice", [flat, ints(to, [0]), ints(to, [1]), ints(to, [0])]);
    const never = to.node("Reshape", [to.node("Less", [element, element]), ints(to, [])]);
    if (type === "bool") return to.node("Or", [x, never]);
    return to.node("Sub", [x, to.node("Cast", [never], { to: onnxTypes[type] })]);
  },
};

/** Computes 0, 1, …, count − 1. */
export const rangeOp: Op<{ readonly count: Dim }> = {
  name: "range",
  infer: (_, { count }) => ({ type: "int64", dims: [count] }),
  lower: (to, _inputs, { count }) =>
    to.node("Range", [ints(to, [0], []), to.node("Reshape", [to.shape([count]), ints(to, [])]), ints(to, [1], [])]),
};

/** Computes how many elements [dims] hold. */
export const elementsOp: Op<{ readonly dims: readonly Dim[] }> = {
  name: "elements",
  infer: () => ({ type: "float32", dims: [] }),
  lower(to, _inputs, { dims }) {
    const total = to.shape([multiplyDims(...dims)]);
    return to.node("Cast", [to.node("Reshape", [total, ints(to, [])])], { to: onnxTypes.float32 });
  },
};

/** x itself, through which no gradient flows back ("sg", "detach"). */
export const stopGradient = (x: Value): Value => apply(stopGradientOp, [x], undefined);

/** x itself, but not before `first` (float32) is computed; and to no one the same as x. */
export const after = (x: Value, first: Value): Value => apply(afterOp, [x, first], undefined);

/** 0, 1, …, count − 1 as int64 [count]; `count` may be known only when the graph runs. */
export const range = (count: Dim): Value => apply(rangeOp, [], { count });

/** The number of elements of [dims] as a float32 scalar: a constant where it is known while tracing. */
export function elements(dims: readonly Dim[]): Value {
  const total = multiplyDims(...dims);
  return typeof total === "number" ? scalar(total) : apply(elementsOp, [], { dims });
}
