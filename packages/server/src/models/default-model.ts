// The model of jobs that name none: the one that was chosen, else the first there is.

import type { Services } from "../services.ts";
import type { InstalledModel } from "./model-source.ts";

const setting = "default-model";

/** The default model; undefined where there is no model at all. */
export async function defaultModel({
  catalogue,
  models,
}: Pick<Services, "catalogue" | "models">): Promise<InstalledModel | undefined> {
  const chosen = await catalogue.settings.read(setting);
  const found = typeof chosen === "string" ? await models.find(chosen) : undefined;
  return found ?? (await models.list()).find(({ problem }) => problem === undefined);
}

/** Makes the model with this id the default. */
export const setDefaultModel = ({ catalogue }: Pick<Services, "catalogue">, id: string): Promise<void> =>
  catalogue.settings.write(setting, id);
