// Hypernetworks of AUTOMATIC1111: .pt files with {width: (network of keys, network of values)} and what they are built like.
// Nothing in the file is executed. What an older file does not say is what A1111 takes then.

import { z } from "zod";
import { readTorchFile } from "../checkpoints/torch-file.ts";
import { bind } from "../graph/bind.ts";
import { hypernetworkGraph, hypernetworkPrefix } from "../models/hypernetwork.ts";
import type { HypernetworkConfig } from "../models/hypernetwork.ts";
import { hypernetworkActivations } from "../models/hypernetwork-activations.ts";
import type { HypernetworkActivation } from "../models/hypernetwork-activations.ts";
import { cannotRead } from "../safetensors/cannot-read.ts";
import { closestName } from "../safetensors/closest-name.ts";
import type { StoredTensors } from "../tensor/stored.ts";

/** A hypernetwork as its file has it. */
export interface HypernetworkFile {
  readonly path: string;
  /** The file's name without folder and ending: what prompts call it. */
  readonly name: string;
  readonly config: HypernetworkConfig;
  /** By "WIDTH.k.linear.0.weight" and so on. */
  readonly tensors: StoredTensors;
  /** Steps trained, the checkpoint it was trained on, … */
  readonly metadata: Readonly<Record<string, string>>;
}

const share = z.number().min(0).lt(1);
const shares = z.array(share).min(2);

/** What a file says of itself, by A1111's names; null stands for what is not said. */
const described = z.looseObject({
  layer_structure: z.array(z.number().positive().max(64)).min(2).max(32).nullish(),
  activation_func: z.string().nullish(),
  is_layer_norm: z.boolean().nullish(),
  activate_output: z.boolean().nullish(),
  use_dropout: z.boolean().nullish(),
  last_layer_dropout: z.boolean().nullish(),
  dropout_structure: shares.nullish(),
});

/** Reads the hypernetwork in a .pt file. Throws Error when it is none, or its tensors are not what it says it is built like. */
export async function readHypernetwork(path: string): Promise<HypernetworkFile> {
  const { tensors: all, plain } = await readTorchFile(path, { root: "" });
  const tensors = new Map(
    [...all].flatMap(([name, stored]) => {
      const [, width, half, rest] = /^(\d+)\.([01])\.(linear\d?\..+)$/.exec(name) ?? [];
      // The first files had two attributes in place of a list.
      const own = rest?.replace(/^linear([12])\./, (_, place: string) => `linear.${Number(place) - 1}.`);
      return own === undefined ? [] : [[`${width}.${half === "0" ? "k" : "v"}.${own}`, stored] as const];
    }),
  );
  if (tensors.size === 0)
    throw cannotRead(path, "it is no hypernetwork (a .pt file of networks by the width of their context is wanted)");
  const { data, error } = described.safeParse(plain);
  if (error !== undefined) {
    const [{ path: place, message }] = error.issues;
    throw cannotRead(path, `it has a hypernetwork's "${place.join(".")}" of another form: ${message}`, {
      cause: error,
    });
  }
  const widths = [...new Set([...tensors.keys()].map((name) => Number(name.split(".")[0])))];
  const config = { widths, ...configOf(data, path) };
  const bound = bind(hypernetworkGraph([config]), hypernetworkTensors([{ tensors }]), path);
  if (bound.size < tensors.size) {
    const strange = [...tensors.keys()].find((name) => !bound.has(`${hypernetworkPrefix(0)}.${name}`));
    throw cannotRead(path, `its layer structure has no "${strange}"`);
  }
  const scalars = Object.entries(data).filter(([, value]) => typeof value === "string" || typeof value === "number");
  return {
    path,
    name: path.replace(/^.*[\\/]/, "").replace(/\.\w+$/, ""),
    config,
    tensors,
    metadata: Object.fromEntries(scalars.map(([key, value]) => [key, String(value)])),
  };
}

/** The tensors of hypernetworks by the names they have in a UNet that is traced with them in this order. */
export const hypernetworkTensors = (files: readonly Pick<HypernetworkFile, "tensors">[]): StoredTensors =>
  new Map(
    files.flatMap(({ tensors }, i) =>
      Array.from(tensors, ([name, stored]) => [`${hypernetworkPrefix(i)}.${name}`, stored] as const),
    ),
  );

function configOf(data: z.output<typeof described>, path: string): Omit<HypernetworkConfig, "widths"> {
  const layerStructure = data.layer_structure ?? [1, 2, 1];
  if (layerStructure[0] !== 1 || layerStructure.at(-1) !== 1)
    throw cannotRead(path, `its layer structure is [${layerStructure}] (one from 1 to 1 is wanted)`);
  const activation = data.activation_func ?? "linear";
  if (!Object.hasOwn(hypernetworkActivations, activation)) {
    const closest = closestName(activation, Object.keys(hypernetworkActivations));
    throw cannotRead(path, `its activation "${activation}" is not known (closest: "${closest}")`);
  }
  const usual = data.use_dropout ? 0.3 : 0;
  const dropout =
    data.dropout_structure ??
    layerStructure.map((_, i, { length }) =>
      i === 0 || i === length - 1 || (i === length - 2 && !data.last_layer_dropout) ? 0 : usual,
    );
  if (dropout.length !== layerStructure.length)
    throw cannotRead(path, `its dropout [${dropout}] does not go with its layer structure [${layerStructure}]`);
  return {
    layerStructure,
    activation: activation as HypernetworkActivation,
    activateOutput: data.activate_output ?? true,
    layerNorm: data.is_layer_norm ?? false,
    dropout,
  };
}
