// A symbolic tensor: the result of one operator applied to others. A network is a function over these; a graph is
// what its outputs reach.

import type { Dim } from "./dim.ts";
import type { Op } from "./op.ts";

/** Element types a symbolic tensor can have. */
export type DataType = "float32" | "int64" | "int32" | "bool";

/** One symbolic tensor; immutable. Attributes are typed by the operator that made it. */
export interface Value {
  readonly id: number;
  readonly op: Op<never>;
  readonly inputs: readonly Value[];
  readonly attributes: unknown;
  readonly type: DataType;
  readonly dims: readonly Dim[];
  /** Dotted module path where it was made, e.g. "down_blocks.0.resnets.1.conv1". */
  readonly scope: string;
}
