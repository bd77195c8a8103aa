// Writes hypernetworks as AUTOMATIC1111 reads them: a .pt file with {width: (network of keys, network of values)} and what they
// are built like.

import { writeTorchFile } from "../checkpoints/save/torch-file.ts";
import type { TorchValue } from "../checkpoints/save/torch-file.ts";
import type { HypernetworkConfig, HypernetworkHalf } from "../models/hypernetwork.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** A hypernetwork to write. */
export interface TrainedHypernetwork {
  readonly name: string;
  readonly config: HypernetworkConfig;
  /** By "WIDTH.k.linear.0.weight" and so on. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** How the weights began, as A1111 calls it. */
  readonly initialization: string;
  /** Steps trained. */
  readonly step: number;
  /** What it was trained on. */
  readonly model: { readonly name: string; readonly hash: string };
}

/** Writes the file `path`, whole or not at all. */
export async function writeHypernetwork(path: string, hypernetwork: TrainedHypernetwork): Promise<void> {
  const { name, config, tensors, initialization, step, model } = hypernetwork;
  const half = (width: number, which: HypernetworkHalf): TorchValue => {
    const prefix = `${width}.${which}.`;
    const own = [...tensors].filter(([key]) => key.startsWith(prefix));
    return new Map(own.map(([key, value]): [string, TorchValue] => [key.slice(prefix.length), value]));
  };
  const drops = config.dropout.some((rate) => rate > 0);
  const described: [string, TorchValue][] = [
    ["step", step],
    ["name", name],
    ["layer_structure", config.layerStructure],
    ["activation_func", config.activation],
    ["is_layer_norm", config.layerNorm],
    ["weight_initialization", initialization],
    ["sd_checkpoint", model.hash],
    ["sd_checkpoint_name", model.name],
    ["activate_output", config.activateOutput],
    ["use_dropout", drops],
    ["last_layer_dropout", (config.dropout.at(-2) ?? 0) > 0],
    ["dropout_structure", drops ? config.dropout : null],
    ["optional_info", null],
  ];
  const networks = config.widths.map((width): [number, TorchValue] => [
    width,
    { tuple: [half(width, "k"), half(width, "v")] },
  ]);
  await writeTorchFile(path, new Map<string | number, TorchValue>([...networks, ...described]));
}
