// Activation functions by the names that config.json files use.

import { gelu, quickGelu, relu, silu } from "../graph/ops/elementwise.ts";
import type { Value } from "../graph/value.ts";

export const activations = { silu, swish: silu, gelu, quick_gelu: quickGelu, relu } satisfies Record<
  string,
  (x: Value) => Value
>;
export type Activation = keyof typeof activations;
