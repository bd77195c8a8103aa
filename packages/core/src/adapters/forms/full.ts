// The change itself, whole: LyCORIS' full difference, of weights and biases, and its norms.

import type { Tensor } from "../../tensor/tensor.ts";
import { elementCount } from "../../tensor/tensor.ts";
import { shapeText } from "./form.ts";
import type { FreeFormType } from "./form.ts";

/** ΔW. */
export interface FullForm {
  readonly kind: "full";
  readonly difference: Tensor;
}

/** A stored difference. */
export const full: FreeFormType<FullForm> = {
  is: (fields) => fields.has("difference"),
  fields: ["difference"],
  problem(dims, base) {
    const difference = dims.get("difference")!;
    return elementCount(difference) === elementCount(base) ? undefined : `difference ${shapeText(difference)}`;
  },
  read: (values) => ({ kind: "full", difference: values.get("difference")! }),
  change: ({ difference }) => difference.data,
  delta: ({ difference }) => difference.data,
};
