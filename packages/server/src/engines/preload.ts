// Opening the default model before a job needs it.

import { modelResident } from "../jobs/open-networks.ts";
import { defaultModel } from "../models/default-model.ts";
import type { Services } from "../services.ts";

/** Opens the default model, where there is one. */
export async function preload(services: Services): Promise<void> {
  const model = await defaultModel(services);
  if (model === undefined) return;
  const { signal } = new AbortController();
  await services.engines.use(modelResident(model, services.engineSettings), signal, async () => {});
}
