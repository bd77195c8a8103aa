// The interface through which operators write ONNX nodes; implemented by to-onnx.ts.

import type { AnyTensor } from "../tensor/tensor.ts";
import type { Dim } from "./dim.ts";

/** Where the model will run: operators choose fused forms by it. */
export type Target = "cpu" | "webgpu" | "wasm";

/** An ONNX attribute: integer, float (marked), string, or a list of integers. */
export type Attribute = number | { readonly float: number } | string | readonly number[];

/** Collects the nodes and constants of the ONNX graph being written. */
export interface Lowering {
  readonly target: Target;
  /** Whether the device's fused attention kernel is there and right. */
  readonly fusedAttention: boolean;
  /** Adds a node and returns the name of its first output. An input "" is an absent optional one. */
  node(
    type: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
    domain?: "" | "com.microsoft",
  ): string;
  /** The name of a constant; equal small constants share one. */
  constant(tensor: { readonly type: "float32" | "int64" | "int32" } & AnyTensor): string;
  /** The name of the weight `name` as float32 [dims], whatever form the checkpoint stores it in. */
  parameter(name: string, dims: readonly number[]): string;
  /** The name of a 1-D int64 tensor that holds `dims`: constant, or computed from the inputs' shapes when symbolic. */
  shape(dims: readonly Dim[]): string;
}

/** The name of an int64 constant, 1-D by default. */
export const ints = (to: Lowering, values: readonly number[], dims: readonly number[] = [values.length]): string =>
  to.constant({ type: "int64", dims, data: BigInt64Array.from(values, BigInt) });

/** The name of a float32 constant, 1-D by default. */
export const floats = (to: Lowering, values: readonly number[], dims: readonly number[] = [values.length]): string =>
  to.constant({ type: "float32", dims, data: Float32Array.from(values) });
