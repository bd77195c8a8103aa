// The paths of a recipe that came over HTTP: names of what the server has, and nothing else. A place that is not known to
// hold a path holds none: what looks like one there is refused.

import { join } from "node:path";
import { refuse } from "../guard/refuse.ts";

/** Fields that hold paths, and data sets. */
const pathFields = /(^|\.)(path(\.\d+)?|autoencoder|model|teacher|base|checkpoint|tokenizer|resume|init)$/;
const dataFields = /^(data|validation)\.path$/;
/** Fields that hold text of people's own. */
const textFields = /^(name|card\..*|samples\.prompts?(\.\d+)?|.*[pP]rompts?(\.\d+)?|.*[cC]aptions?(\.\d+)?)$/;

/** Where names lead. */
export interface RecipePlaces {
  /** The folder of a data set; undefined where there is none. */
  dataset(name: string): Promise<string | undefined>;
  /** The folder of the model that a run made. */
  run(id: string): Promise<string | undefined>;
  model(id: string): Promise<string | undefined>;
}

/** `recipe` with paths for names. Throws a problem where a name leads nowhere, or a path stands for one. */
export async function withPaths(recipe: Readonly<Record<string, unknown>>, places: RecipePlaces): Promise<unknown> {
  return visit(recipe, "");

  async function visit(value: unknown, place: string): Promise<unknown> {
    if (typeof value === "string") return text(value, place);
    if (Array.isArray(value)) return Promise.all(value.map((part, i) => visit(part, `${place}.${i}`)));
    if (typeof value !== "object" || value === null) return value;
    const parts = await Promise.all(
      Object.entries(value).map(async ([key, part]) => [
        key,
        await visit(part, place === "" ? key : `${place}.${key}`),
      ]),
    );
    return Object.fromEntries(parts) as unknown;
  }

  async function text(value: string, place: string): Promise<string> {
    if (textFields.test(place)) return value;
    const wanted = dataFields.test(place) ? "a data set" : "run:ID or model:ID";
    const found = dataFields.test(place)
      ? await places.dataset(value)
      : pathFields.test(place)
        ? await network(value)
        : /[\\/~]/.test(value)
          ? undefined
          : value;
    if (found !== undefined) return found;
    throw refuse(
      "bad-request",
      `Cannot train: "${place}" is ${JSON.stringify(value.slice(0, 100))}, which this server does not have (the name of ${wanted} is wanted)`,
    );
  }

  /** "run:ID" and "model:ID", a folder of it after a slash. */
  async function network(value: string): Promise<string | undefined> {
    const [, kind, id, part] = /^(run|model):(.+?)(?:#(\w+))?$/.exec(value) ?? [];
    const folder = kind === undefined ? undefined : await places[kind as "run" | "model"](id);
    return folder === undefined || part === undefined ? folder : join(folder, part);
  }
}
