// Puts one network together: published names, class and configuration, checked against the architecture.

import type { StoredTensors } from "../tensor/stored.ts";
import { matchArchitecture } from "./architecture.ts";
import type { Checkpoint, NetworkFiles, NetworkSlot } from "./checkpoint.ts";

/** A network's class and config.json. */
export interface NetworkDescription {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** A checkpoint as read, complete or not: `missing` names what its networks lack. */
export interface ReadCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly missing: ReadonlyMap<NetworkSlot, readonly string[]>;
}

/** A network as read, and what is to be said about it. */
export interface ReadNetwork {
  readonly network: NetworkFiles;
  readonly missing: readonly string[];
  readonly notes: readonly string[];
}

/** The network of `description` with `tensors` under published names; `unknown` are names no naming rule knew. */
export function networkFiles(
  { className, config }: NetworkDescription,
  { tensors, unknown }: { tensors: StoredTensors; unknown: readonly string[] },
): ReadNetwork {
  const { used, missing, unused, unchecked } = matchArchitecture(tensors, { className, config });
  return {
    network: { className, config, tensors: used, unused: [...unknown, ...unused] },
    missing,
    notes: unchecked === undefined ? [] : [unchecked],
  };
}

/** Collects networks by slot into the parts of a checkpoint that they fill. */
export function collectNetworks(read: ReadonlyMap<NetworkSlot, ReadNetwork>): {
  networks: Partial<Record<NetworkSlot, NetworkFiles>>;
  missing: Map<NetworkSlot, readonly string[]>;
  notes: string[];
} {
  return {
    networks: Object.fromEntries([...read].map(([slot, { network }]) => [slot, network])),
    missing: new Map([...read].map(([slot, { missing }]) => [slot, missing])),
    notes: [...read.values()].flatMap(({ notes }) => notes),
  };
}
