// Weights stored as bytes, each tensor with its own grid: w = minimum + step·byte, as TensorFlow.js quantizes them.

import { add, multiply } from "../graph/ops/elementwise.ts";
import { storedParameter } from "../graph/params.ts";
import type { MakeParameter } from "../graph/params.ts";

/** Names of the two numbers beside the weight `name`. */
export const byteGrid = (name: string) => ({ step: `${name}.step`, minimum: `${name}.minimum` });

/** The weight `name`, from its bytes [dims] and its grid's `step` and `minimum` [1]. */
export const byteParameter: MakeParameter = (name, dims) => {
  const { step, minimum } = byteGrid(name);
  const bytes = storedParameter(name, dims);
  return add(multiply(bytes, storedParameter(step, [1])), storedParameter(minimum, [1]));
};
