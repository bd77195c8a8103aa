// The models that jobs can name: files and folders below the folder of models, the Hub's cache, and those the server was
// started with. A name is looked up in this list, and never made into a path.

import type { FoundCheckpoint } from "./find-checkpoints.ts";
import { findInFolder, findInHubCache, sizeOnDisk } from "./find-checkpoints.ts";
import { idBelow, liesBelow } from "./folder.ts";
import { hubPlace } from "./hub-place.ts";

/** A model that was named when the server was started. */
export interface GivenModel {
  readonly id: string;
  readonly path: string;
  /** What to expect of it, in a sentence. */
  readonly notice?: string;
  /** Side of its pictures where it is not the model's own. */
  readonly side?: number;
}

/** A model that jobs can name. */
export interface InstalledModel extends GivenModel {
  readonly origin: "folder" | "hub" | "bundled";
  readonly family: string | undefined;
  readonly task: string | undefined;
  /** Why it cannot be used. */
  readonly problem: string | undefined;
  readonly sizeBytes: number;
}

/** Where models come from. */
export interface ModelSourceOptions {
  readonly folder?: string;
  /** Offer what is in the Hub's cache on this machine. */
  readonly hubCache: boolean;
  readonly given: readonly GivenModel[];
}

/** The models. */
export interface ModelSource {
  list(): Promise<readonly InstalledModel[]>;
  find(id: string): Promise<InstalledModel | undefined>;
}

const freshMs = 3000;

/** The models of these places. The list is read anew when it is asked for and some seconds old. */
export function modelSource({ folder, hubCache, given }: ModelSourceOptions): ModelSource {
  let kept: { readonly atMs: number; readonly models: Promise<readonly InstalledModel[]> } | undefined;

  async function read(): Promise<readonly InstalledModel[]> {
    const { cacheFolder } = hubCache ? await hubPlace() : { cacheFolder: undefined };
    const [below, cached, named] = await Promise.all([
      folder === undefined ? [] : checkpointsBelow(folder),
      cacheFolder === undefined ? [] : findInHubCache(cacheFolder),
      Promise.all(given.map(describeGiven)),
    ]);
    const installed = [
      ...named,
      ...below,
      ...cached.map((found) => ({ ...installedAs(found, "hub"), id: found.name })),
    ];
    return [...new Map(installed.toReversed().map((model) => [model.id, model])).values()].toReversed();
  }

  async function list(maxAgeMs = freshMs): Promise<readonly InstalledModel[]> {
    if (kept === undefined || Date.now() - kept.atMs > maxAgeMs) {
      kept = { atMs: Date.now(), models: read() };
      kept.models.catch(() => (kept = undefined));
    }
    return kept.models;
  }

  return {
    list: () => list(),
    async find(id) {
      const byId = (models: readonly InstalledModel[]) => models.find((model) => model.id === id);
      return byId(await list(60_000)) ?? byId(await list());
    },
  };
}

async function checkpointsBelow(folder: string): Promise<InstalledModel[]> {
  const found = await findInFolder(folder);
  const inside = await Promise.all(found.map(({ path }) => liesBelow(path, [folder])));
  return found
    .filter((_, i) => inside[i])
    .map((one) => ({
      ...installedAs(one, "folder"),
      id: idBelow(folder, one.path) || one.path.split(/[\\/]/).at(-1)!,
    }));
}

async function describeGiven(model: GivenModel): Promise<InstalledModel> {
  const [found] = await findInFolder(model.path).catch((): FoundCheckpoint[] => []);
  if (found !== undefined) return { ...installedAs(found, "bundled"), ...model };
  // A single file, or a Hub id that is fetched when it is first used.
  return {
    ...model,
    origin: "bundled",
    family: undefined,
    task: undefined,
    problem: undefined,
    sizeBytes: await sizeOnDisk(model.path),
  };
}

function installedAs(
  { name, path, family, task, problem, sizeBytes }: FoundCheckpoint,
  origin: InstalledModel["origin"],
): InstalledModel {
  return { id: name, path, origin, family, task, problem, sizeBytes };
}
