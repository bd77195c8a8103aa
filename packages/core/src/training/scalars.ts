// The numbers among the outputs of a step.

import type { Tensor } from "../tensor/tensor.ts";
import type { Scalars } from "./log.ts";

/** Outputs of one element, as numbers by name. */
export const scalarsOf = (outputs: Readonly<Record<string, Tensor>>): Scalars =>
  Object.fromEntries(
    Object.entries(outputs).flatMap(([name, { dims, data }]) => (dims.length === 0 ? [[name, data[0]]] : [])),
  );
