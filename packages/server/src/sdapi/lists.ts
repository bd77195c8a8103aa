// What A1111 lists: samplers, schedulers, models and the like, in its forms.

import type { AdapterKind } from "@noisette/core/checkpoints/kinds";
import { schedules } from "@noisette/core/diffusion/schedules/index";
import type { ScheduleId, ScheduleRow } from "@noisette/core/diffusion/schedules/index";
import { joinPath, pathExists, readText } from "@noisette/core/platform/node";
import { compatModes } from "@noisette/core/pipelines/compat";
import { parseStyles } from "@noisette/core/prompts/styles";
import type { Style } from "@noisette/core/prompts/styles";
import { servedAdapters } from "../jobs/served-adapters.ts";
import type { Services } from "../services.ts";
import { modelName } from "../models/model-names.ts";
import { latentModes, modelTitle, plainUpscalers, samplerNames } from "./names.ts";

/** /samplers. */
export const samplerList = () =>
  samplerNames.map(({ id, name, aliases }) => {
    const { schedule } = compatModes.a1111({ prompt: "", sampler: id });
    return { name, aliases, options: schedule === undefined ? {} : { scheduler: schedule } };
  });

/** Schedules that A1111 plans from the model's own levels, and the ρ that it starts its sliders with. */
const needsModel: readonly ScheduleId[] = ["normal", "simple", "sgm_uniform", "ddim_uniform", "beta", "turbo"];
const rho: Partial<Record<ScheduleId, number>> = { karras: 7, polyexponential: 1 };

/** /schedulers. */
export const schedulerList = () => [
  { name: "automatic", label: "Automatic", aliases: null, default_rho: -1, need_inner_model: false },
  ...(Object.entries(schedules) as [ScheduleId, ScheduleRow][]).map(([id, row]) => {
    const name = row.names.a1111?.toLowerCase().replaceAll(" ", "_") ?? id;
    return {
      name,
      label: row.names.a1111 ?? id,
      aliases: name === id ? null : [id],
      default_rho: rho[id] ?? -1,
      need_inner_model: needsModel.includes(id),
    };
  }),
];

/** /upscalers. */
export async function upscalerList(services: Services) {
  const plain = Object.keys(plainUpscalers).map((name) => ({
    name,
    model_name: null,
    model_path: null,
    model_url: null,
    scale: 4,
  }));
  const networks = (await services.upscalers()).map(({ id }) => ({
    name: id,
    model_name: modelName({ id }),
    model_path: id,
    model_url: null,
    scale: 4,
  }));
  return [...plain, ...networks];
}

/** /latent-upscale-modes. */
export const latentModeList = () => latentModes.map(({ name }) => ({ name }));

/** /sd-models. Hashes are null until A1111 has read the file, and always here. */
export const modelList = async (services: Services) =>
  (await services.models.list())
    .filter(({ problem }) => problem === undefined)
    .map((model) => ({
      title: modelTitle(model),
      model_name: modelName(model),
      hash: null,
      sha256: null,
      filename: model.id,
      config: null,
    }));

const adaptersOf = async ({ adapterFolder }: Services, kind: AdapterKind) =>
  (await (await servedAdapters(adapterFolder)).list(kind)).entries;

/** /loras. */
export const loraList = async (services: Services) =>
  (await adaptersOf(services, "lora")).map(({ name, aliases }) => ({
    name,
    alias: aliases[0] ?? name,
    path: name,
    metadata: {},
  }));

/** /hypernetworks. */
export const hypernetworkList = async (services: Services) =>
  (await adaptersOf(services, "hypernetwork")).map(({ name }) => ({ name, path: name }));

/** /embeddings. Which of them fit a model shows when a prompt names them. */
export const embeddingList = async (services: Services) => ({
  loaded: Object.fromEntries(
    (await adaptersOf(services, "embedding")).map(({ name }) => [
      name,
      { step: null, sd_checkpoint: null, sd_checkpoint_name: null, shape: null, vectors: null },
    ]),
  ),
  skipped: {},
});

/** The styles of styles.csv in the folder of adapters. */
export async function readStyles({ adapterFolder }: Services): Promise<readonly Style[]> {
  if (adapterFolder === undefined) return [];
  const path = joinPath(adapterFolder, "styles.csv");
  return (await pathExists(path)) ? parseStyles(await readText(path)) : [];
}

/** /prompt-styles. */
export const styleList = async (services: Services) =>
  (await readStyles(services)).map(({ name, prompt, negativePrompt }) => ({
    name,
    prompt,
    negative_prompt: negativePrompt,
  }));
