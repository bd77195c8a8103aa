// Activation functions by the names that config.json files use.

import { gelu, quickGelu, relu, silu } from "../graph/ops/elementwise.ts";
import type { Value } from "../graph/value.ts";

/** Activation functions by name. */
export const activations = { silu, swish: silu, gelu, quick_gelu: quickGelu, relu } satisfies Record<
  string,
  (x: Value) => Value
>;
/** A name of `activations`. */
export type Activation = keyof typeof activations;
