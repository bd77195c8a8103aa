// Every name that adapters may have for a module of one model, looked up in its own parameters rather than guessed from
// patterns: kohya's underscores cannot be turned back into dots otherwise ("to_out_0", "conv_in").

import type { Checkpoint } from "../../checkpoints/checkpoint.ts";
import type { StoredTensors } from "../../tensor/stored.ts";
import type { AdapterComponent } from "../adapter.ts";
import { flattened, readPath } from "./dialects.ts";
import { renameModule } from "../../checkpoints/names/children.ts";
import { ldmModules } from "../../checkpoints/names/original-unet.ts";

/** The networks of a model that adapters can change. */
export type AdaptedNetworks = Partial<Pick<Checkpoint["networks"], AdapterComponent>>;

/** A module of a model. */
export interface ModelModule {
  readonly component: AdapterComponent;
  /** Its published path. */
  readonly path: string;
}

/** What a file's module path is in a model. */
export type FindModule = (
  path: string,
) => ModelModule | { readonly component: undefined; readonly of: readonly AdapterComponent[] };

/** Finds the modules of `networks` by any name a program has for them. */
export function moduleFinder(networks: AdaptedNetworks): FindModule {
  const names = new Map(
    (["unet", "textEncoder", "textEncoder2"] as const).map((component) => {
      const tensors = networks[component]?.tensors;
      return [component, tensors === undefined ? new Map<string, string>() : aliases[component](tensors)];
    }),
  );
  return (written) => {
    const { components, flat } = readPath(written);
    for (const component of components) {
      const found = names.get(component)!.get(flat);
      if (found !== undefined) return { component, path: found };
    }
    return { component: undefined, of: components };
  };
}

/** Published path by flattened alias. */
type Aliases = (tensors: StoredTensors) => Map<string, string>;

const textEncoder: Aliases = (tensors) => {
  const paths = modulePaths(tensors);
  // transformers 5 leaves the first part of the path out.
  const short = paths.map((path) => [flattened(path.replace(/^text_model\./, "")), path] as const);
  return new Map([...short, ...paths.map((path) => [flattened(path), path] as const)]);
};

const aliases: Readonly<Record<AdapterComponent, Aliases>> = {
  unet(tensors) {
    const paths = modulePaths(tensors);
    const original = ldmPaths(tensors);
    return new Map([
      ...paths.map((path) => [flattened(original(path) ?? path), path] as const),
      ...paths.map((path) => [flattened(path), path] as const),
    ]);
  },
  textEncoder,
  textEncoder2: textEncoder,
};

/** The path of a UNet's module in the original code; undefined where it has none. */
export function ldmPaths(tensors: StoredTensors): (path: string) => string | undefined {
  const modules = ldmModules(tensors.keys());
  return (path) => renameModule(`${path}.weight`, modules)?.slice(0, -".weight".length);
}

/** The modules that have parameters. */
function modulePaths(tensors: StoredTensors): string[] {
  return [...new Set([...tensors.keys()].map((name) => name.slice(0, name.lastIndexOf("."))))];
}
