// The record of how a picture was made, as it goes into its PNG: complete as JSON, and as the text A1111 reads.

import type { SamplerId } from "../diffusion/samplers/index.ts";
import type { Enlarger } from "./enlarge.ts";
import type { PromptTemplate } from "./expand-prompts.ts";
import type { ResolvedOptions } from "./options.ts";
import type { UsedEmbedding } from "./run-embeddings.ts";

/** All that is needed to make one picture again, bit for bit on the same device. */
export interface PictureRecord {
  /** Version of this program. */
  readonly version: string;
  readonly model: { readonly name: string; readonly path: string; readonly hash: string; readonly family: string };
  readonly device: string;
  /** The id of the sampler that ran, also where the checkpoint's scheduler config chose it. */
  readonly sampler: SamplerId;
  /** The options that make this one picture, what was left open filled in; with `batch`, those of the whole run. */
  readonly options: ResolvedOptions & {
    readonly seed: number;
    readonly steps: number;
    readonly width: number;
    readonly height: number;
    readonly guidanceScale: number;
  };
  /** Which picture of a `seeding: "batch"` run it was, and of how many: generate with `pictures: [index]` for it alone. */
  readonly batch?: { readonly index: number; readonly size: number };
  /** What its prompts were drawn from, when they were templates. */
  readonly template?: PromptTemplate;
  /** What it started from, when not from noise; the record does not hold it. */
  readonly init?: "image" | "latents";
  /** The model that took over at `refinerAt`. */
  readonly refiner?: { readonly name: string; readonly path: string; readonly hash: string };
  /** The LoRAs in it, as options and prompts name them, and A1111's hash of each file. */
  readonly loras?: readonly { readonly name: string; readonly path: string; readonly hash: string }[];
  /** A mask said what of it to paint; the record does not hold it. */
  readonly mask?: true;
  /** A depth picture was given; the record does not hold it. */
  readonly depth?: true;
  /** Control pictures were given; the record does not hold them. */
  readonly controls?: true;
  /** Pictures were given as prompts; the record does not hold them. */
  readonly ipAdapters?: true;
  /** Learned concepts that its prompts name, and hypernetworks that acted, with A1111's hashes of their files. */
  readonly embeddings?: readonly UsedEmbedding[];
  readonly hypernetworks?: readonly { readonly name: string; readonly weight: number; readonly hash: string }[];
  /** The content gate blurred it: how unsafe it was taken for, and the threshold. */
  readonly blurred?: { readonly unsafe: number; readonly threshold: number };
  /** A network of the caller's enlarged it between the passes. */
  readonly upscaler?: true;
  /** The model's own network enlarged it in the end: the options' width and height are those before. */
  readonly enlarged?: Enlarger;
}
