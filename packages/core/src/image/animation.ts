// Pictures one after the other, as an animated WebP or GIF file.

import { encodeAnimation, writeFileAtomic } from "#platform";
import type { Image } from "./image.ts";

/** How an animation is shown. */
export interface WriteAnimationOptions {
  /** Frames a second. */
  readonly fps?: number;
  /** Goes back frame by frame at the end, so that it closes. */
  readonly backAndForth?: boolean;
}

/** Writes `frames` to `path`, whole or not at all; its ending says the format: .webp or .gif. */
export async function writeAnimation(
  path: string,
  frames: readonly Image[],
  { fps = 12, backAndForth = false }: WriteAnimationOptions = {},
): Promise<void> {
  const format = /\.(webp|gif)$/i.exec(path)?.[1].toLowerCase();
  if (format === undefined) throw new RangeError(`Cannot write animation "${path}": a name in .webp or .gif is wanted`);
  const shown = backAndForth ? [...frames, ...frames.slice(1, -1).reverse()] : frames;
  await writeFileAtomic(path, [
    await encodeAnimation(shown, { format: format as "webp" | "gif", frameMs: Math.round(1000 / fps) }),
  ]);
}
