// A model as one safetensors file in the original layout, which AUTOMATIC1111, ComfyUI and their relatives read. What that
// layout cannot hold (configurations, tokenizers) is left out; what a model predicts is told as those programs look for it.

import { pathExists } from "#platform";
import { writeSafetensors } from "../../safetensors/write.ts";
import type { WritableTensor } from "../../safetensors/write.ts";
import type { ModelFamily } from "../checkpoint.ts";
import { originalNetwork } from "../names/original.ts";
import type { ModelToSave } from "./model-to-save.ts";

/** Names of the ModelSpec (github.com/Stability-AI/ModelSpec). */
const architectures: Readonly<Record<ModelFamily, string>> = {
  sd1: "stable-diffusion-v1",
  sd2: "stable-diffusion-v2",
  sdxl: "stable-diffusion-xl-v1-base",
  "sdxl-refiner": "stable-diffusion-xl-v1-refiner",
};
const predictions = { epsilon: "epsilon", v_prediction: "v", sample: "sample" } as const;

/** Writes `model` to the new file `path`, whole or not at all; `metadata` is added to the model's own. */
export async function saveSingleFile(
  path: string,
  model: ModelToSave,
  { metadata = {}, signal }: { metadata?: Readonly<Record<string, string>>; signal?: AbortSignal } = {},
): Promise<void> {
  if (await pathExists(path)) throw new Error(`Cannot write "${path}": it exists (a new file is wanted)`);
  if (model.task === "latent-upscaling")
    throw new Error(`Cannot write "${path}": a latent upscaler has no single-file layout (a folder is wanted)`);
  const networks = [...model.networks].flatMap(([slot, { tensors }]) => [
    ...originalNetwork(slot, model.family, tensors),
  ]);
  // A hash of the old bytes says nothing of the new.
  const { "modelspec.hash_sha256": _, ...own } = model.metadata;
  await writeSafetensors(path, stoppable([...networks, ...markers(model)], signal), {
    metadata: {
      ...own,
      "modelspec.sai_model_spec": "1.0.1",
      "modelspec.architecture": architectures[model.family],
      "modelspec.prediction_type": predictions[model.prediction],
      ...metadata,
      format: "pt",
    },
  });
}

/** Tensors that tell how a model is sampled, as single-file.ts reads them. */
function markers({ family, prediction, scheduler, networks }: ModelToSave): [string, WritableTensor][] {
  const numbers = (name: string, values: unknown): [string, WritableTensor][] =>
    Array.isArray(values) ? [[name, { dims: [values.length], data: Float32Array.from(values as number[]) }]] : [];
  const number = (name: string, value: unknown): [string, WritableTensor] => [
    name,
    { dims: [], data: Float32Array.of(Number(value)) },
  ];
  if (scheduler._class_name === "EDMDPMSolverMultistepScheduler") {
    const { latents_mean: mean, latents_std: std } = networks.get("vae")?.config ?? {};
    return [...numbers("edm_mean", mean), ...numbers("edm_std", std)];
  }
  if (scheduler._class_name === "EDMEulerScheduler")
    return [
      number("edm_vpred.sigma_min", scheduler.sigma_min ?? 0.002),
      number("edm_vpred.sigma_max", scheduler.sigma_max ?? 80),
    ];
  return [
    ...(family === "sdxl" && prediction === "v_prediction" ? [number("v_pred", 1)] : []),
    ...(scheduler.rescale_betas_zero_snr === true ? [number("ztsnr", 1)] : []),
  ];
}

/** `tensors`, of which none is begun once `signal` is aborted. */
export function stoppable<T extends WritableTensor>(
  tensors: Iterable<readonly [string, T]>,
  signal: AbortSignal | undefined,
): [string, WritableTensor][] {
  return Array.from(tensors, ([name, { data, ...tensor }]) => [
    name,
    typeof data !== "function"
      ? { ...tensor, data }
      : {
          ...tensor,
          async *data() {
            for await (const run of data()) {
              signal?.throwIfAborted();
              yield run;
            }
          },
        },
  ]);
}
