// Where values come from: the caller's inputs, a checkpoint's parameters, constants.

import type { AnyTensor } from "../../tensor/tensor.ts";
import type { Dim } from "../dim.ts";
import { apply } from "../op.ts";
import type { Op } from "../op.ts";
import type { DataType, Value } from "../value.ts";

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

/** An int64 constant. */
export const integers = (values: readonly number[], dims: readonly number[] = [values.length]): Value =>
  apply(constantOp, [], { type: "int64", dims, data: BigInt64Array.from(values, BigInt) });
