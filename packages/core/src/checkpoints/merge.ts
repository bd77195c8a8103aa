// Checkpoints of one architecture mixed into one: a weighted sum, or the difference of two added to a third, with one weight or
// one for each block of the UNet.

import type { StoredTensor } from "../tensor/stored.ts";
import type { Checkpoint, NetworkFiles, NetworkSlot } from "./checkpoint.ts";
import type { Layout } from "./convert.ts";
import { layoutOf } from "./convert.ts";
import { mixture, wantedDims } from "./merge-values.ts";
import type { Mix } from "./merge-values.ts";
import { mergeWeights } from "./merge-weights.ts";
import { saveDiffusersFolder } from "./save/diffusers-folder.ts";
import type { NetworkToSave } from "./save/model-to-save.ts";
import { modelToSave } from "./save/model-to-save.ts";
import { saveSingleFile } from "./save/single-file.ts";
import { storedCopy } from "./save/stored-copies.ts";
import type { TypedTensor, WeightType } from "./save/stored-copies.ts";

/** One way to mix. */
export interface MergeMethod {
  readonly summary: string;
  /** How many models it takes. */
  readonly models: 2 | 3;
  readonly of: Mix;
}

/** The ways to mix, by id. */
export const mergeMethods = {
  "weighted-sum": { summary: "(1 − w)·A + w·B", models: 2, of: (w, a, b) => a + w * (b - a) },
  "add-difference": { summary: "A + w·(B − C)", models: 3, of: (w, a, b, c) => a + w * (b - c) },
} satisfies Record<string, MergeMethod>;

/** A way's id. */
export type MergeMethodId = keyof typeof mergeMethods;

/** Where a network comes from: mixed as the UNet is, or one model's own. */
export type MergeSource = "merge" | "a" | "b";

/** How to merge. */
export interface MergeOptions {
  readonly method?: MergeMethodId;
  /** w for everything, 0.5 by default. */
  readonly weight?: number;
  /** w for the text encoders (BASE) and for each block of the UNet: 26 numbers, 20 for SDXL. */
  readonly blockWeights?: readonly number[];
  /** The text encoders; mixed by default. */
  readonly textEncoder?: MergeSource;
  /** The autoencoder; A's by default: some models' are scaled inside, and no mixture of two such is one. */
  readonly vae?: MergeSource;
  /** Element type of all weights; by default those of A. */
  readonly type?: WeightType;
  /** What the path says by default. */
  readonly layout?: Layout;
  readonly signal?: AbortSignal;
}

/**
 * Writes the mixture of `models` (A, B and, where the method wants it, C) to `path`, whole or not at all. All that is no weight is
 * A's. Throws RangeError when they are not of one architecture; a UNet with further channels for a mask or a picture can take part
 * as A, whose own weights those channels keep.
 */
export async function mergeCheckpoints(
  models: readonly Checkpoint[],
  path: string,
  options: MergeOptions = {},
): Promise<void> {
  const { method: id = "weighted-sum", weight = 0.5, blockWeights, textEncoder = "merge", vae = "a" } = options;
  const method: MergeMethod = mergeMethods[id];
  if (models.length !== method.models)
    throw new RangeError(`Cannot merge ${models.length} models by ${id} (${method.models} are wanted)`);
  const [a, b] = models;
  const other = models.find(({ family }) => family !== a.family);
  if (other !== undefined)
    throw new RangeError(
      `Cannot merge "${a.path}" with "${other.path}": the one is ${a.family}, the other ${other.family}`,
    );
  const weightOf = mergeWeights({ weight, blockWeights }, a.networks.unet.tensors.keys());
  const source = (slot: NetworkSlot): MergeSource => (slot === "unet" ? "merge" : slot === "vae" ? vae : textEncoder);

  const { networks: own, ...model } = await modelToSave(a, options.type);
  const networks = new Map<NetworkSlot, NetworkToSave>();
  for (const [slot, network] of own) {
    const files = models.map(({ networks }) => networks[slot]);
    const from = source(slot);
    const missing = (from === "merge" ? files : [files[from === "a" ? 0 : 1]]).findIndex((file) => file === undefined);
    if (missing >= 0) throw new Error(`Cannot merge: "${(from === "b" ? b : models[missing]).path}" has no ${slot}`);
    if (from === "a") networks.set(slot, network);
    else if (from === "b") {
      const { className, config, tensors } = files[1]!;
      const copied = Array.from(tensors, ([name, stored]) => [name, storedCopy(stored, options.type)] as const);
      networks.set(slot, { className, config, tensors: new Map(copied) });
    } else {
      const mixed = Array.from(network.tensors.keys(), (name): [string, TypedTensor] => {
        const stored = files.map((_, i) => alike(name, { slot, files: files as NetworkFiles[], models, i }));
        const w = weightOf(slot === "unet" ? name : undefined);
        return [name, mixture(name, stored, { of: method.of, w, type: options.type })];
      });
      networks.set(slot, { ...network, tensors: new Map(mixed) });
    }
  }
  const { layout = layoutOf(path), signal } = options;
  const recipe = JSON.stringify({
    method: id,
    // Names alone: the file may be given to others.
    models: await Promise.all(
      models.map(async (one) => ({
        name: one.path.replace(/[\\/]+$/, "").replace(/^.*[\\/]/, ""),
        hash: await one.hash(),
      })),
    ),
    weight: blockWeights ?? weight,
    textEncoder,
    vae,
  });
  const merged = { ...model, networks };
  if (layout === "diffusers") await saveDiffusersFolder(path, merged, { signal });
  else await saveSingleFile(path, merged, { metadata: { sd_merge_recipe: recipe }, signal });
}

/** The tensor `name` of the model number `i`. Throws RangeError when it is not like that of the first. */
function alike(
  name: string,
  {
    slot,
    files,
    models,
    i,
  }: { slot: NetworkSlot; files: readonly NetworkFiles[]; models: readonly Checkpoint[]; i: number },
): StoredTensor {
  const [first, own] = [files[0].tensors.get(name)!, files[i].tensors.get(name)];
  const is = own && wantedDims(own);
  const wanted = wantedDims(first);
  const isInput = slot === "unet" && name === "conv_in.weight" && is !== undefined && is[1] < wanted[1];
  const fits =
    is?.every((dim, axis) => dim === wanted[axis] || (isInput && axis === 1)) === true && is.length === wanted.length;
  if (fits) return own!;
  const what = is === undefined ? "is missing" : `is [${is}]`;
  throw new RangeError(
    `Cannot merge "${models[0].path}" with "${models[i].path}": "${name}" of the ${slot} ${what} there ([${wanted}] is wanted)`,
  );
}
