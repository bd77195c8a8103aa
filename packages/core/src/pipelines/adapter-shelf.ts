// The adapters that a model was asked for: found by name, read and matched once, and again when their file is another.

import { disk } from "#platform";
import type { Adapter } from "../adapters/adapter.ts";
import { adapterHash } from "../adapters/adapter-hash.ts";
import type { AdapterCatalogue } from "../adapters/catalogue.ts";
import { openAdapter } from "../adapters/match-adapter.ts";
import type { Checkpoint } from "../checkpoints/checkpoint.ts";
import { adapterPath } from "./adapter-path.ts";

/** An adapter that fits the model. */
export interface ShelvedAdapter {
  readonly path: string;
  /** Equal for equal files. */
  readonly version: string;
  readonly adapter: Adapter;
  /** A1111's, as pictures tell it. */
  readonly hash: () => Promise<string>;
}

/** Adapters by path. */
export interface AdapterShelf {
  /** The LoRA or relative of it that `name` means: a file, or one that `catalogue` has. Throws Error when there is none that fits. */
  lora(name: string, catalogue: AdapterCatalogue | undefined): Promise<ShelvedAdapter>;
}

/** The adapters for `checkpoint`; none is read yet. */
export function adapterShelf(checkpoint: Checkpoint): AdapterShelf {
  const known = new Map<string, Promise<ShelvedAdapter>>();
  return {
    async lora(name, catalogue) {
      const path = await adapterPath("lora", name, catalogue);
      const entry = await disk?.entry(path);
      const version = JSON.stringify([path, entry?.sizeBytes, entry?.modifiedMs]);
      const shelved = known.get(version) ?? open(path, version);
      known.set(version, shelved);
      shelved.catch(() => known.delete(version));
      return shelved;
    },
  };

  async function open(path: string, version: string): Promise<ShelvedAdapter> {
    const adapter = await openAdapter(path, checkpoint);
    let hash: Promise<string> | undefined;
    return { path, version, adapter, hash: () => (hash ??= adapterHash(path, adapter.metadata)) };
  }
}
