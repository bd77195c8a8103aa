// A whole model on its way to disk: its networks' tensors under published names, and what its layouts hold beside them.

import type { Checkpoint, NetworkFiles, NetworkSlot } from "../checkpoint.ts";
import { lowResScheduler } from "../low-res-scheduler.ts";
import type { NamedTensors } from "../names/original.ts";
import { copies } from "./stored-copies.ts";
import type { WeightType } from "./stored-copies.ts";

/** A network to save: its class, its config.json and its tensors. */
export type NetworkToSave = Pick<NetworkFiles, "className" | "config"> & { readonly tensors: NamedTensors };

/** A model to save. */
export interface ModelToSave extends Pick<
  Checkpoint,
  "family" | "task" | "prediction" | "scheduler" | "tokenizers" | "modelIndex" | "metadata"
> {
  readonly networks: ReadonlyMap<NetworkSlot, NetworkToSave>;
  /** Of the noise over the small picture, for upscaling. */
  readonly lowResScheduler?: Readonly<Record<string, unknown>>;
}

/** `checkpoint` as it is, its floats in `type` where one is given. */
export async function modelToSave(checkpoint: Checkpoint, type?: WeightType): Promise<ModelToSave> {
  const networks = Object.entries(checkpoint.networks) as [NetworkSlot, NetworkFiles][];
  return {
    ...checkpoint,
    ...(checkpoint.task === "upscaling" && { lowResScheduler: await lowResScheduler(checkpoint) }),
    networks: new Map(
      networks.map(([slot, { className, config, tensors }]) => [
        slot,
        { className, config, tensors: new Map(copies(tensors, type)) },
      ]),
    ),
  };
}
