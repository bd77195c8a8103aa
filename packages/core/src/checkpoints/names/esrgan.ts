// Upscalers as people have them: which architecture a file is, read from names and shapes, and its tensors under the
// names of models/rrdb.ts and models/srvgg.ts. Three generations of names: ESRGAN's first ("model.1.sub.0.RDB1.conv1.0"),
// BasicSR's ("RRDB_trunk.0.RDB1.conv1") and Real-ESRGAN's ("body.0.rdb1.conv1").

import type { RrdbConfig } from "../../models/rrdb.ts";
import type { SrvggConfig } from "../../models/srvgg.ts";
import type { UpscalerConfig } from "../../models/upscaler.ts";
import type { StoredTensor, StoredTensors } from "../../tensor/stored.ts";
import { childCount } from "./children.ts";

/** The upscaler that `tensors` are, and they under its names. Throws Error that says what is missing or strange. */
export function upscalerOf(
  tensors: StoredTensors,
  source: string,
): { readonly config: UpscalerConfig; readonly tensors: StoredTensors } {
  // Some files hold the generator of a training run.
  const plain = new Map(
    [...tensors].map(([name, tensor]) => [name.replace(/^(module|generator|params)\./, ""), tensor]),
  );
  const named = currentNames(plain);
  const has = (name: string) => named.has(name);
  const config = has("conv_first.weight") ? rrdbConfig(named, source) : srvggConfig(named, source);
  return { config, tensors: named };
}

const cannotLoad = (source: string, problem: string) =>
  new Error(`Cannot load "${source}": ${problem} (an ESRGAN or Real-ESRGAN upscaler is wanted)`);

/** Reads sizes off tensors, by name. */
const shapesOf = (tensors: StoredTensors, source: string) => (name: string, rank: number) => {
  const found = tensors.get(name);
  if (found === undefined) throw cannotLoad(source, `it has no "${name}"`);
  if (found.dims.length !== rank) throw cannotLoad(source, `"${name}" is [${found.dims}]`);
  return found.dims;
};

function rrdbConfig(tensors: StoredTensors, source: string): RrdbConfig {
  const dims = shapesOf(tensors, source);
  const [features, inputs] = dims("conv_first.weight", 4);
  const [imageChannels] = dims("conv_last.weight", 4);
  const unshuffle = Math.sqrt(inputs / imageChannels);
  if (![1, 2, 4].includes(unshuffle)) {
    throw cannotLoad(source, `its first convolution takes ${inputs} channels and its last gives ${imageChannels}`);
  }
  let doublings = 0;
  while (tensors.has(`conv_up${doublings + 1}.weight`)) doublings++;
  return {
    kind: "rrdb",
    imageChannels,
    features,
    growth: dims("body.0.rdb1.conv1.weight", 4)[0],
    blocks: childCount(tensors.keys(), "body"),
    doublings,
    unshuffle,
    scale: 2 ** doublings / unshuffle,
  };
}

function srvggConfig(tensors: StoredTensors, source: string): SrvggConfig {
  const dims = shapesOf(tensors, source);
  const places = childCount(tensors.keys(), "body");
  if (places < 3 || places % 2 === 0) throw cannotLoad(source, `it has ${places} layers called "body"`);
  const [features, imageChannels] = dims("body.0.weight", 4);
  dims("body.1.weight", 1);
  const scale = Math.sqrt(dims(`body.${places - 1}.weight`, 4)[0] / imageChannels);
  if (!Number.isInteger(scale))
    throw cannotLoad(source, `its last convolution has no square number of channels per colour`);
  return { kind: "srvgg", imageChannels, features, convolutions: (places - 3) / 2, scale };
}

/** BasicSR's former module names. */
const formerModules: Readonly<Record<string, string>> = {
  RRDB_trunk: "body",
  trunk_conv: "conv_body",
  HRconv: "conv_hr",
};

/** Every generation's names as the last one's. */
function currentNames(tensors: StoredTensors): Map<string, StoredTensor> {
  const first = firstGeneration(tensors);
  return new Map(
    [...tensors].map(([name, tensor]) => {
      const [, module, rest] = /^(.*)\.(weight|bias)$/.exec(name) ?? [name, name, ""];
      const renamed = (first?.get(module) ?? module)
        .replace(/^(RRDB_trunk|trunk_conv|HRconv)(?=\.|$)/, (former) => formerModules[former])
        .replace(/^upconv(?=\d+$)/, "conv_up")
        .replace(/\.RDB(?=\d\.)/, ".rdb");
      return [rest === "" ? name : `${renamed}.${rest}`, tensor];
    }),
  );
}

/** The first generation's modules, undefined when these are not its names: numbers in nested sequences. */
function firstGeneration(tensors: StoredTensors): Map<string, string> | undefined {
  if (!tensors.has("model.0.weight")) return undefined;
  const modules = new Map([["model.0", "conv_first"]]);
  const blocks = childCount(tensors.keys(), "model.1.sub") - 1;
  modules.set(`model.1.sub.${blocks}`, "conv_body");
  const numbers: number[] = [];
  for (const name of tensors.keys()) {
    const [, block, dense] = /^model\.1\.sub\.(\d+)\.(RDB\d\.conv\d)\.0\.weight$/.exec(name) ?? [];
    if (block !== undefined) modules.set(`model.1.sub.${block}.${dense}.0`, `body.${block}.${dense}`);
    const [, number] = /^model\.(\d+)\.weight$/.exec(name) ?? [];
    if (Number(number) > 1) numbers.push(Number(number));
  }
  // What follows the blocks: a convolution per doubling, then two.
  numbers.sort((a, b) => a - b);
  numbers.forEach((number, i) => {
    const fromEnd = numbers.length - i;
    modules.set(`model.${number}`, fromEnd === 1 ? "conv_last" : fromEnd === 2 ? "conv_hr" : `conv_up${i + 1}`);
  });
  return modules;
}
