// Models by the names that other programs' clients have for them: ids, or files, with a hash behind them or without an ending.

import { usableModel } from "../jobs/accept-job.ts";
import type { Services } from "../services.ts";
import type { InstalledModel } from "./model-source.ts";

/** The file's name, without its ending. */
export const modelName = ({ id }: Pick<InstalledModel, "id">): string =>
  id
    .split("/")
    .at(-1)!
    .replace(/\.(safetensors|ckpt|pth?)$/i, "");

/** The model with this title, name or file, or the default where there is no name. Throws a problem when there is none. */
export async function modelNamed(services: Services, name: string | undefined): Promise<InstalledModel> {
  if (name === undefined || name === "") return usableModel(services, undefined);
  const models = await services.models.list();
  const plain = name.replace(/ \[[0-9a-f]{6,64}\]$/i, "").replaceAll("\\", "/");
  const found =
    models.find(({ id }) => id === plain) ??
    models.find((model) => modelName(model) === plain) ??
    models.find((model) => model.id.split("/").at(-1) === plain.split("/").at(-1));
  return usableModel(services, found?.id ?? plain);
}
