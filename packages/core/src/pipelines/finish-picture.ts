// The last steps of a picture before it is told: past the content gate, then the watermark, which a blurred one has too.

import type { Image } from "../image/image.ts";
import { checkCapacity, embedWatermark } from "../image/watermark.ts";
import { watermarkBits } from "../image/watermark-text.ts";
import { throughGate } from "./content-gate.ts";
import type { ContentGate, GatedPicture } from "./content-gate.ts";
import type { ResolvedOptions } from "./options.ts";

/** What is done to a run's pictures in the end. */
export interface Finishing {
  readonly gate?: ContentGate;
  readonly watermark?: string;
  readonly signal?: AbortSignal;
}

/** `image` as it may be told. Throws RangeError when it is too small for its watermark. */
export async function finishPicture(image: Image, { gate, watermark, signal }: Finishing): Promise<GatedPicture> {
  const passed = await throughGate(gate, image, signal);
  if (watermark === undefined || passed.image === undefined) return passed;
  return { ...passed, image: embedWatermark(passed.image, watermarkBits(watermark)) };
}

/** Throws RangeError when pictures of a size are too small for the watermark of a run. */
export function checkWatermark(watermark: string | undefined, size: Pick<Image, "width" | "height">): void {
  if (watermark !== undefined) checkCapacity(size, watermarkBits(watermark).length);
}

/** Throws TypeError when a run hands over latents, on which neither gate nor watermark can work. */
export function checkFinishing({ denoisingEnd, watermark }: ResolvedOptions, gate: ContentGate | undefined): void {
  const other = gate !== undefined ? "a content gate" : watermark !== undefined ? "watermark" : undefined;
  if (other !== undefined && denoisingEnd !== undefined)
    throw new TypeError(`Cannot generate with denoisingEnd and ${other} together (one of them is wanted)`);
}
