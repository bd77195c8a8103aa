// Gradients of what only orders computations.

import { afterOp } from "../../graph/ops/source.ts";
import { rule } from "./rule.ts";
import type { Rules } from "./rule.ts";

/** The rules of graph/ops/source.ts. */
export const sourceRules: Rules = Object.fromEntries([rule(afterOp, (g) => [g, undefined])]);
