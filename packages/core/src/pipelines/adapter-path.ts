// Adapters by what people call them: files, or names in the folder of adapters.

import { disk, pathExists } from "#platform";
import type { AdapterCatalogue } from "../adapters/catalogue.ts";
import type { AdapterKind } from "../checkpoints/kinds.ts";

const called: Readonly<Record<AdapterKind, string>> = {
  lora: "LoRA",
  embedding: "embedding",
  hypernetwork: "hypernetwork",
};

/** The path of the adapter that `name` means: a file, or one that `catalogue` has. Throws Error when there is neither. */
export async function adapterPath(
  kind: AdapterKind,
  name: string,
  catalogue: AdapterCatalogue | undefined,
): Promise<string> {
  if (catalogue?.namesOnly !== true && (await isFile(name))) return name;
  if (catalogue !== undefined) return catalogue.find(kind, name);
  throw new Error(
    `Cannot find the ${called[kind]} "${name}": no such file, and there is no folder of adapters to look in (a file, or adapters with the folder, is wanted)`,
  );
}

const isFile = async (path: string): Promise<boolean> =>
  disk === undefined ? pathExists(path) : (await disk.entry(path))?.kind === "file";
