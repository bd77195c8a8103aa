// What happens while pictures are made, in order: one `start`, per picture `step`s and one `image`; `notice`s any time.

import type { Image } from "../image/image.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { PictureRecord } from "./record.ts";
import type { AttentionMaps } from "./word-attention.ts";

/** One event; `kind` says which. */
export type GenerateEvent =
  /** Everything is checked and loaded; `pictures` follow, each of `steps` steps. */
  | { readonly kind: "start"; readonly pictures: number; readonly steps: number; readonly device: string }
  /** Something the caller should know and did not ask for: a default taken, a prompt cut, a fallback asked for by "auto". */
  | { readonly kind: "notice"; readonly text: string }
  /** Step `step` (from 1) of picture `picture` (from 0) is done. */
  | {
      readonly kind: "step";
      readonly picture: number;
      readonly step: number;
      readonly steps: number;
      /** Noise level reached. */
      readonly sigma: number;
      readonly stepMs: number;
      /** Estimate for all that is left, from the steps so far. */
      readonly remainingMs: number;
      /** What the picture looks like now, when previews are asked for. */
      readonly preview?: Image;
      /** The latents themselves, when they are asked for. */
      readonly trace?: StepTrace;
    }
  /** Picture `picture` was made, and held back by the content gate: there is no `image` of it. */
  | { readonly kind: "refused"; readonly picture: number; readonly seed: number; readonly unsafe: number }
  /** Picture `picture` is finished. */
  | {
      readonly kind: "image";
      readonly picture: number;
      readonly seed: number;
      /** Absent when `denoisingEnd` hands the latents over instead. */
      readonly image?: Image;
      /** Latents [1,C,h,w], in the scale that the next model or the autoencoder takes. */
      readonly latents: Tensor;
      /** Where each word of the prompt was looked at in the first pass, when that is asked for. */
      readonly attention?: readonly AttentionMaps[];
      /** All that is needed to make it again. */
      readonly record: PictureRecord;
    };

/** One step in latents [1,C,h,w], where x = x₀ + σ·ε. */
export interface StepTrace {
  /** What the step began with. */
  readonly x: Tensor;
  /** What guidance and sampler made of x₀ from there. */
  readonly denoised: Tensor;
}

/** A finished picture. */
export type ImageEvent = Extract<GenerateEvent, { kind: "image" }>;
