// What every reader of a file of weights gives, whichever format it reads.

import type { StoredTensor, StoredTensors } from "../tensor/stored.ts";
import { closestName } from "./closest-name.ts";

/** The tensors of one file, or of one set of shards, as byte ranges. */
export interface Weights {
  readonly tensors: StoredTensors;
  /** Free-form text kept beside the tensors. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The tensor `name`, or an Error that names `file` and the closest name it has. */
export function storedTensor(tensors: StoredTensors, name: string, file: string): StoredTensor {
  const found = tensors.get(name);
  if (found) return found;
  const closest = closestName(name, tensors.keys());
  throw new Error(`Cannot load "${file}": missing "${name}"${closest === undefined ? "" : ` (closest: "${closest}")`}`);
}
