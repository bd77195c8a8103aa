// All gradient rules by operator name, and the operators that gradients do not pass.

import { binaryOps, unaryOps } from "../../graph/ops/elementwise.ts";
import { argMaxOp } from "../../graph/ops/lookup.ts";
import { constantOp, elementsOp, inputOp, parameterOp, rangeOp, stopGradientOp } from "../../graph/ops/source.ts";
import { attentionRules } from "./attention.ts";
import { convolutionRules } from "./convolution.ts";
import { elementwiseRules } from "./elementwise.ts";
import { linearAlgebraRules } from "./linear-algebra.ts";
import { lookupRules } from "./lookup.ts";
import { normalizationRules } from "./normalization.ts";
import { poolingRules } from "./pooling.ts";
import { reduceRules } from "./reduce.ts";
import type { Rules } from "./rule.ts";
import { shapeRules } from "./shape.ts";
import { softmaxRules } from "./softmax.ts";
import { sourceRules } from "./source.ts";

/** The rules by operator name. */
export const rules: Rules = {
  ...attentionRules,
  ...convolutionRules,
  ...elementwiseRules,
  ...linearAlgebraRules,
  ...lookupRules,
  ...normalizationRules,
  ...poolingRules,
  ...reduceRules,
  ...shapeRules,
  ...softmaxRules,
  ...sourceRules,
};

/** Operators whose result does not change with small changes of their operands, have none, or are a border on purpose. */
export const notDifferentiable: ReadonlySet<string> = new Set(
  [
    binaryOps.equal,
    binaryOps.greater,
    binaryOps.less,
    unaryOps.sign,
    argMaxOp,
    stopGradientOp,
    inputOp,
    parameterOp,
    constantOp,
    rangeOp,
    elementsOp,
  ].map(({ name }) => name),
);
