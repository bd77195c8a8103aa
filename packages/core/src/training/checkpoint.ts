// Checkpoints of a run: one safetensors file each, with everything that training goes on from and the position in the data as
// metadata. A file appears under its name only when it is whole, so the one with the largest step is always good to resume from,
// whatever happens and whenever.

import { readSafetensorsFile } from "../safetensors/read.ts";
import { readTensors } from "../safetensors/read-tensor.ts";
import { writeSafetensors } from "../safetensors/write.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { RunFolder } from "./run-folder.ts";

/** Where a run stands. */
export interface RunPosition {
  /** Optimizer steps done. */
  readonly step: number;
  /** The next batch: its epoch, and its number within that. */
  readonly epoch: number;
  readonly batch: number;
  /** Pictures seen, and seconds spent on them. */
  readonly images: number;
  readonly seconds: number;
  /** Loss of the last validation before this. */
  readonly validationLoss?: number;
}

/** A checkpoint in its folder. */
export interface SavedCheckpoint {
  readonly path: string;
  readonly position: RunPosition;
}

const fileName = (step: number): string => `step-${String(step).padStart(9, "0")}.safetensors`;
const namePattern = /^step-(\d+)\.safetensors$/;

/** Writes a checkpoint, whole or not at all. Throws Error when the disk is full; what is there already stays. */
export async function saveCheckpoint(
  { checkpoints }: RunFolder,
  { position, state }: { position: RunPosition; state: ReadonlyMap<string, Tensor> },
): Promise<string> {
  const path = `${checkpoints}/${fileName(position.step)}`;
  await writeSafetensors(path, state, { metadata: { position: JSON.stringify(position) } });
  return path;
}

/** The checkpoints of a run, oldest first. Those that cannot be read are in `damaged`, with the reason. */
export async function listCheckpoints({ checkpoints, disk }: RunFolder): Promise<{
  readonly saved: readonly SavedCheckpoint[];
  readonly damaged: readonly string[];
}> {
  const names = (await disk.filesBelow(checkpoints)).filter((name) => namePattern.test(name)).sort();
  const saved: SavedCheckpoint[] = [];
  const damaged: string[] = [];
  for (const name of names) {
    const path = `${checkpoints}/${name}`;
    try {
      const { metadata } = await readSafetensorsFile(path);
      saved.push({ path, position: JSON.parse(metadata.position ?? "") as RunPosition });
    } catch (error) {
      damaged.push((error as Error).message);
    }
  }
  return { saved, damaged };
}

/** The tensors of a checkpoint. */
export async function readCheckpointState({ path }: SavedCheckpoint): Promise<Map<string, Tensor>> {
  return readTensors((await readSafetensorsFile(path)).tensors);
}

/** Removes all but the last `keep` checkpoints and the one with the best validation loss, and what a killed run left half written. */
export async function pruneCheckpoints(folder: RunFolder, keep: number): Promise<void> {
  const { checkpoints, disk } = folder;
  const { saved } = await listCheckpoints(folder);
  const best = bestCheckpoint(saved);
  for (const one of saved.slice(0, -keep)) if (one !== best) await disk.remove(one.path);
  for (const name of await disk.filesBelow(checkpoints)) {
    if (/^\.step-.*\.tmp$/.test(name)) await disk.remove(`${checkpoints}/${name}`);
  }
}

/** The checkpoint with the smallest validation loss, the latest of equals; undefined when none was validated. */
export function bestCheckpoint(saved: readonly SavedCheckpoint[]): SavedCheckpoint | undefined {
  let best: SavedCheckpoint | undefined;
  for (const one of saved) {
    const loss = one.position.validationLoss;
    if (loss !== undefined && loss <= (best?.position.validationLoss ?? Infinity)) best = one;
  }
  return best;
}
