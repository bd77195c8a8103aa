// The table of optimizers.

import { adafactor } from "./adafactor.ts";
import type { AdafactorOptions } from "./adafactor.ts";
import { adam } from "./adam.ts";
import type { AdamOptions } from "./adam.ts";
import { lion } from "./lion.ts";
import type { LionOptions } from "./lion.ts";
import { muon } from "./muon.ts";
import type { MuonOptions } from "./muon.ts";
import type { Optimizer } from "./optimizer.ts";
import { sgd } from "./sgd.ts";
import type { SgdOptions } from "./sgd.ts";

/** Options by kind. */
export interface OptimizerKinds {
  sgd: SgdOptions;
  adam: AdamOptions;
  adamw: AdamOptions;
  lion: LionOptions;
  adafactor: AdafactorOptions;
  muon: MuonOptions;
}
/** The name of an optimizer. */
export type OptimizerKind = keyof OptimizerKinds;

/** Optimizers by kind. */
export const optimizers: { readonly [K in OptimizerKind]: (options: OptimizerKinds[K]) => Optimizer } = {
  sgd,
  adam: adam("gradient"),
  adamw: adam("apart"),
  lion,
  adafactor,
  muon,
};

/** A kind with its options. */
export type OptimizerChoice = { [K in OptimizerKind]: { readonly kind: K } & OptimizerKinds[K] }[OptimizerKind];

/** The optimizer that `choice` describes. */
export const optimizerOf = ({ kind, ...options }: OptimizerChoice): Optimizer => optimizers[kind](options);
