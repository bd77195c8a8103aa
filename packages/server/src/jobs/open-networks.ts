// What the pool opens for jobs: models and upscalers, by the files they are made of.

import type { Model } from "@noisette/core";
import type { LoadedUpscaler } from "@noisette/core/pipelines/upscale";
import type { Resident } from "../engines/engine-pool.ts";
import type { InstalledNetwork } from "../models/find-networks.ts";
import type { InstalledModel } from "../models/model-source.ts";
import type { EngineSettings } from "../services.ts";

/** Weights stored as float16 take twice their file's size when the CPU computes with them; activations come on top. */
const memoryPerByte = 2;

/** The key that a model is open under. */
export const modelKey = ({ path }: Pick<InstalledModel, "path">): string => `model ${path}`;

/** A model for the pool. */
export const modelResident = (
  model: Pick<InstalledModel, "path" | "sizeBytes">,
  { device, threads, previewDecoder }: EngineSettings,
): Resident<Model> => ({
  key: modelKey(model),
  sizeBytes: memoryPerByte * model.sizeBytes,
  async open(signal) {
    const { load } = await import("@noisette/core");
    return load(model.path, { device, threads, signal, ...(previewDecoder !== undefined && { previewDecoder }) });
  },
});

/** The key that an upscaler is open under. */
export const upscalerKey = ({ path }: Pick<InstalledNetwork, "path">): string => `upscaler ${path}`;

/** An upscaler that is open. */
export interface OpenUpscaler {
  readonly scale: number;
  readonly upscale: LoadedUpscaler["upscale"];
  close(): Promise<void>;
}

/** An upscaler for the pool. */
export const upscalerResident = (
  { path, sizeBytes }: InstalledNetwork,
  { device, threads }: EngineSettings,
): Resident<OpenUpscaler> => ({
  key: upscalerKey({ path }),
  sizeBytes: memoryPerByte * sizeBytes,
  async open() {
    const { openEngine } = await import("@noisette/core/runtime/open-engine");
    const { loadUpscaler } = await import("@noisette/core/pipelines/upscale");
    const engine = await openEngine({ device, threads });
    try {
      const { scale, upscale } = await loadUpscaler(engine, path);
      return { scale, upscale, close: () => engine.close() };
    } catch (error) {
      await engine.close();
      throw error;
    }
  },
});
