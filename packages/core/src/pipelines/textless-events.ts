// What happens while a model without text makes pictures, and the record of each.

import type { SamplerId } from "../diffusion/samplers/index.ts";
import type { Image } from "../image/image.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { GenerateEvent } from "./events.ts";
import type { ResolvedSampleOptions } from "./sample-options.ts";

/** All that is needed to make one picture again, bit for bit on the same device where `batchSize` is 1. */
export interface SampleRecord {
  /** Version of this program. */
  readonly version: string;
  readonly model: { readonly name: string; readonly path: string; readonly hash: string };
  readonly device: string;
  /** The id of the sampler that ran. */
  readonly sampler: SamplerId;
  /** The options that make this one picture, what was left open filled in; with `batch`, those of the whole run. */
  readonly options: ResolvedSampleOptions & { readonly seed: number; readonly steps: number };
  /** Which picture of a `seeding: "batch"` run it was, and of how many. */
  readonly batch?: { readonly index: number; readonly size: number };
  readonly width: number;
  readonly height: number;
}

/** A finished picture. */
export interface SampledImage {
  readonly kind: "image";
  /** From 0. */
  readonly picture: number;
  readonly seed: number;
  readonly image: Image;
  /** What the UNet made [1,C,h,w]: pixels, or latents in its own scale. */
  readonly latents: Tensor;
  readonly record: SampleRecord;
}

/** What happens while pictures are made, as in a generation from text; a batch tells its steps as those of its first picture. */
export type SampleEvent = Exclude<GenerateEvent, { kind: "image" }> | SampledImage;
