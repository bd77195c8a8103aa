// The table of ways to combine conditional and unconditional predictions: options, command line and tests read it. To add
// one: its file, and its row.
import { adaptiveProjected } from "./apg.ts";
import { classifierFree } from "./cfg.ts";
import { optimizedScale } from "./cfg-zero.ts";
import { dynamicThresholding } from "./dynamic-thresholding.ts";
import { instructPix2Pix } from "./instruct-pix2pix.ts";
import { perpendicularNegative } from "./perp-neg.ts";
import type { Predictions, Role } from "./predictions.ts";

/** The settings a method may read; which ones it reads is in the table. */
export interface GuidanceSettings {
  /** Perp-neg: strength of the negative prompt. */
  readonly negativeScale?: number;
  /** APG: share of the parallel direction. */
  readonly apgEta?: number;
  /** APG: the longest direction; 0 for no limit. */
  readonly apgNorm?: number;
  /** APG: weight of earlier directions. */
  readonly apgMomentum?: number;
  /** Dynamic thresholding: the scale whose range is kept. */
  readonly mimicScale?: number;
  /** Dynamic thresholding: share of the values inside the range. */
  readonly thresholdPercentile?: number;
  /** InstructPix2Pix: how closely to keep to the picture. */
  readonly imageGuidanceScale?: number;
}

/** Combines the predictions of one evaluation. */
export type Combine = (predictions: Predictions, guidanceScale: number) => Float32Array;

/** One method. */
export interface GuidanceRow {
  /** What it is for, in a few words. */
  readonly summary: string;
  /** What it computes of u (negative prompt or none), c (prompt) and the scale w; more letters as the settings' names. */
  readonly formula: string;
  /** What the formula is over: what the network predicts, or the estimates of x₀ it stands for. */
  readonly space: "output" | "denoised";
  /** The predictions it needs beside `cond` and `uncond`. */
  readonly needs: readonly Role[];
  /** The settings it reads. */
  readonly settings: readonly (keyof GuidanceSettings)[];
  /** The method for one run over latents of `channels` channels. */
  readonly start: (settings: GuidanceSettings, run: { readonly channels: number }) => Combine;
  readonly reference: string;
}

/** The methods by id. */
export const guidanceMethods = {
  cfg: {
    summary: "classifier-free guidance",
    formula: "u + w·(c − u)",
    space: "output",
    needs: [],
    settings: [],
    start:
      () =>
      ({ cond, uncond }, w) =>
        classifierFree(uncond!, cond, w),
    reference: "arXiv 2207.12598",
  },
  cfg_zero: {
    summary: "CFG with an optimized scale of the unconditional half",
    formula: "s·u + w·(c − s·u), s = ⟨c, u⟩/‖u‖²",
    space: "output",
    needs: [],
    settings: [],
    start: () => optimizedScale,
    reference: "arXiv 2503.18886",
  },
  perp_neg: {
    summary: "a negative prompt that takes nothing from the prompt",
    formula: "∅ + w·(p − negativeScale·n⊥), p = c − ∅, n⊥ what of u − ∅ is perpendicular to p",
    // Its projections are the same over either.
    space: "output",
    needs: ["empty"],
    settings: ["negativeScale"],
    start:
      ({ negativeScale = 1 }) =>
      (predictions, w) =>
        perpendicularNegative(predictions, w, { negativeScale }),
    reference: "arXiv 2304.04968",
  },
  apg: {
    summary: "adaptive projected guidance: high scales without oversaturation",
    formula: "c + (w − 1)·(Δ⊥ + apgEta·Δ∥), Δ = c − u + apgMomentum·Δ before, no longer than apgNorm, ∥ along c",
    space: "denoised",
    needs: [],
    settings: ["apgEta", "apgNorm", "apgMomentum"],
    // η and β of the paper's experiments; its r is 2.5 to 15 by model.
    start: ({ apgEta = 0, apgNorm = 15, apgMomentum = -0.5 }) =>
      adaptiveProjected({ eta: apgEta, normThreshold: apgNorm, momentum: apgMomentum }),
    reference: "arXiv 2410.02416",
  },
  dynamic_thresholding: {
    summary: "high scales with the contrast of a low one",
    formula:
      "u + w·(c − u), each channel's deviations from its mean clamped to m and times r/m: r the largest at mimicScale, m ≥ r the thresholdPercentile of them",
    space: "denoised",
    needs: [],
    settings: ["mimicScale", "thresholdPercentile"],
    start:
      ({ mimicScale = 7, thresholdPercentile = 1 }, { channels }) =>
      (predictions, w) =>
        dynamicThresholding(predictions, w, { mimicScale, percentile: thresholdPercentile, channels }),
    reference: "arXiv 2205.11487 §2.3, for latents",
  },
  instruct_pix2pix: {
    summary: "two scales, of the instruction and of the picture it edits; the models for it take no other",
    formula: "u + w·(c − i) + imageGuidanceScale·(i − u), i sees the picture and no instruction",
    space: "output",
    needs: ["picture"],
    settings: ["imageGuidanceScale"],
    start:
      ({ imageGuidanceScale = 1.5 }) =>
      (predictions, w) =>
        instructPix2Pix(predictions, w, { imageGuidanceScale }),
    reference: "arXiv 2211.09800",
  },
} satisfies Record<string, GuidanceRow>;

/** A method's id. */
export type GuidanceMethod = keyof typeof guidanceMethods;

/** The table with its rows' common type, for code that walks it. */
export const guidanceTable: Readonly<Record<GuidanceMethod, GuidanceRow>> = guidanceMethods;

/** Throws TypeError when `settings` has one that method `id` does not read. */
export function checkGuidanceSettings(id: GuidanceMethod, settings: GuidanceSettings): void {
  for (const [name, value] of Object.entries(settings)) {
    const readers = Object.entries(guidanceTable).filter(([, row]) => row.settings.some((setting) => setting === name));
    if (value !== undefined && !readers.some(([reader]) => reader === id)) {
      throw new TypeError(
        `Cannot guide by ${id} with ${name}: it does not read it (guidance method ${readers.map(([reader]) => reader).join(" or ")} does)`,
      );
    }
  }
}
