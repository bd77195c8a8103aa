// The record of how a picture was made, as it goes into its PNG: complete as JSON, and as the text A1111 reads.

import type { ResolvedOptions } from "./options.ts";

/** All that is needed to make one picture again, bit for bit on the same device. */
export interface PictureRecord {
  /** Version of this program. */
  readonly version: string;
  readonly model: { readonly name: string; readonly path: string; readonly hash: string; readonly family: string };
  readonly device: string;
  /** Every option as resolved for this one picture: `prompt` is one text, `seed` its own, `count` 1, and what was left open is filled in. */
  readonly options: ResolvedOptions & { readonly prompt: string; readonly seed: number; readonly steps: number; readonly width: number; readonly height: number };
  /** Which picture of a `seeding: "batch"` run it was, and of how many. */
  readonly batch?: { readonly index: number; readonly size: number };
  /** What it started from, when not from noise; the record does not hold it. */
  readonly init?: "image" | "latents";
}
