// What a run tells while it goes on.

import type { Scalars } from "./log.ts";

/** One event of a run; `step` is the number of optimizer steps done. */
export type TrainingEvent =
  | {
      readonly kind: "start";
      readonly step: number;
      /** Where the run is to end. */
      readonly steps: number;
      readonly device: string;
      /** Pictures to learn from. */
      readonly examples: number;
    }
  | { readonly kind: "notice"; readonly step: number; readonly text: string }
  | {
      readonly kind: "step";
      readonly step: number;
      readonly steps: number;
      readonly epoch: number;
      readonly learningRate: number;
      readonly imagesPerSecond: number;
      readonly remainingMs: number;
      readonly scalars: Scalars;
    }
  | { readonly kind: "validation"; readonly step: number; readonly loss: number; readonly scalars: Scalars }
  | { readonly kind: "samples"; readonly step: number; readonly paths: readonly string[] }
  | { readonly kind: "checkpoint"; readonly step: number; readonly path: string }
  | {
      readonly kind: "end";
      readonly step: number;
      /** finished: all of the recipe's steps; paused: those asked for; interrupted: stopped from outside. */
      readonly how: "finished" | "paused" | "interrupted";
    };
