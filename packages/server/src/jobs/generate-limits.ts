// How large a generation may be, told before it waits in the line.

import type { ResolvedOptions } from "@noisette/core/pipelines/options";
import { refuse } from "../guard/refuse.ts";
import type { Limits } from "../schema/server-info.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Throws a problem when `options`, started from a picture of the size `init`, are beyond the limits or cannot be served. */
export function checkGenerateLimits(options: ResolvedOptions, init: Size | undefined, limits: Limits): void {
  const beyond = (what: string, wanted: string) =>
    refuse("beyond-limits", `Cannot generate: ${what} (${wanted} at most are wanted)`);
  const pictures = [options.prompt].flat().length * options.count;
  if (pictures > limits.pictures) throw beyond(`${pictures} pictures`, String(limits.pictures));
  const steps = Math.max(
    options.steps ?? 0,
    options.hiresSteps ?? 0,
    options.sigmas?.length ?? 0,
    options.timesteps?.length ?? 0,
  );
  if (steps > limits.steps) throw beyond(`${steps} steps`, String(limits.steps));
  const { width, height } = largestSize(options, init);
  if (width * height > limits.pixels) throw beyond(`${width}×${height}`, `${limits.pixels} pixels`);
  if (options.denoisingEnd !== undefined)
    throw refuse("bad-request", "Cannot generate: denoisingEnd gives latents, no picture (a refiner is wanted)");
  if (options.attention)
    throw refuse("bad-request", "Cannot generate: attention maps are not served (noisette generate makes them)");
}

/** The size in the largest pass; what a model chooses for itself is not counted. */
function largestSize(options: ResolvedOptions, init: Size | undefined): Size {
  const { outpaint = [0, 0, 0, 0], zoomOut = 1, hiresScale = 1, hiresSize = [0, 0] } = options;
  const [left, top, right, bottom] = outpaint;
  const width = Math.max(options.width ?? 0, ((init?.width ?? 0) + left + right) * zoomOut) * hiresScale;
  const height = Math.max(options.height ?? 0, ((init?.height ?? 0) + top + bottom) * zoomOut) * hiresScale;
  const isLarger = hiresSize[0] * hiresSize[1] > width * height;
  return isLarger
    ? { width: hiresSize[0], height: hiresSize[1] }
    : { width: Math.ceil(width), height: Math.ceil(height) };
}
