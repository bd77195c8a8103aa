// A super-resolution network on a device of its own: for `noisette upscale`, and the second pass of a hires fix.

import type { LoadModelOptions } from "@noisette/core";
import type { LoadedUpscaler } from "@noisette/core/pipelines/upscale";

/** An upscaler that is open. */
export interface OpenUpscaler {
  readonly upscale: LoadedUpscaler["upscale"];
  /** Ends its engine. */
  close(): Promise<void>;
}

/** Opens the network at `path` (.pth or .safetensors). Throws Error when it is none. */
export async function openUpscaler(
  path: string,
  { device = "auto", threads }: Pick<LoadModelOptions, "device" | "threads">,
): Promise<OpenUpscaler> {
  const { openEngine } = await import("@noisette/core/runtime/open-engine");
  const { loadUpscaler } = await import("@noisette/core/pipelines/upscale");
  const engine = await openEngine({ device, threads });
  try {
    const { upscale } = await loadUpscaler(engine, path);
    return { upscale, close: () => engine.close() };
  } catch (error) {
    await engine.close();
    throw error;
  }
}
