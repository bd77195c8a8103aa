// Every network's outputs against those of diffusers and transformers on the same weights and inputs (fixtures/cases).

import { readFileSync } from "node:fs";
import type { Checkpoint } from "@noisette/core/checkpoints/checkpoint";
import { openCheckpoint } from "@noisette/core/checkpoints/open";
import { readWeights } from "@noisette/core/checkpoints/weights-file";
import type { Graph } from "@noisette/core/graph/graph";
import type { PublishedConfig } from "@noisette/core/models/config";
import type { Engine, Network } from "@noisette/core/runtime/engine";
import type { StoredTensors } from "@noisette/core/tensor/stored";
import type { Tensor } from "@noisette/core/tensor/tensor";
import { fixturePath, readGolden } from "../fixtures/read-golden.ts";
import type { Golden } from "../fixtures/read-golden.ts";
import type { FidelityCase } from "./case.ts";
import { relativeError } from "./case.ts";
import { floats, roles } from "./network-roles.ts";
import type { Role } from "./network-roles.ts";
import { standaloneNetworks } from "./standalone-networks.ts";

/** A network to load: its graph and its weights. */
interface Source {
  readonly graph: Graph;
  readonly tensors: StoredTensors;
}
const model = (name: string) => () => openCheckpoint(fixturePath(`models/${name}`));
const singleFile = (name: string, config: string) => () =>
  openCheckpoint(fixturePath(`single_file/${name}`), { config: fixturePath(`models/${config}`) });

/** The reference's cases of a network, by its role. */
type CasesByRole = Partial<Record<keyof typeof roles, readonly string[]>>;
const whole: CasesByRole = { unet: ["unet"], textEncoder: ["text_encoder"], encoder: ["vae"], decoder: ["vae"] };
const wholeXl: CasesByRole = { ...whole, textEncoder2: ["text_encoder_2"] };
const unusualUNets = ["unet", "unet_odd", "unet_ctx154", "unet_batch_timesteps"];

/** Checkpoints, the reference's folder of each, and its cases. Single files hold the folders' tensors under other names. */
const checkpoints: readonly {
  readonly name: string;
  readonly open: () => Promise<Checkpoint>;
  readonly cases: string;
  readonly byRole: CasesByRole;
  readonly cpuOnly?: boolean;
}[] = [
  { name: "sd1", open: model("sd1"), cases: "sd1", byRole: { ...whole, unet: unusualUNets } },
  { name: "sd1-inpaint", open: model("sd1-inpaint"), cases: "sd1-inpaint", byRole: { unet: ["unet"] } },
  { name: "sd2", open: model("sd2"), cases: "sd2", byRole: whole },
  { name: "sdxl", open: model("sdxl"), cases: "sdxl", byRole: wholeXl },
  {
    name: "sdxl-refiner",
    open: model("sdxl-refiner"),
    cases: "sdxl-refiner",
    byRole: { unet: ["unet"], textEncoder2: ["text_encoder_2"] },
  },
  { name: "sd-x4-upscaler", open: model("sd-x4-upscaler"), cases: "sd-x4-upscaler", byRole: { unet: ["unet"] } },
  ...["sd1_ldm.safetensors", "sd1_ldm.ckpt"].map((file) => ({
    name: file,
    open: singleFile(file, "sd1"),
    cases: "sd1",
    byRole: whole,
    cpuOnly: true,
  })),
  {
    name: "sdxl_sgm.safetensors",
    open: singleFile("sdxl_sgm.safetensors", "sdxl"),
    cases: "sdxl",
    byRole: wholeXl,
    cpuOnly: true,
  },
];

/** Every output of every network. */
export const networkCases: readonly FidelityCase[] = [
  ...checkpoints.flatMap(({ name, open, cases, byRole, cpuOnly }) => {
    const opened = once(open);
    return Object.entries(byRole).flatMap(([key, goldens]) => {
      const { slot, trace, compare } = roles[key as keyof typeof roles] as Role;
      const loaded = loadedOnce(async () => {
        const checkpoint = await opened();
        const { config, tensors } = checkpoint.networks[slot]!;
        return { graph: trace(config, checkpoint), tensors };
      });
      return goldens.flatMap((file) => {
        const golden = readGolden(`cases/${cases}/${file}`);
        return outputCases(`${name}/${file}`, { golden, compare, loaded, cpuOnly });
      });
    });
  }),
  ...standaloneNetworks.flatMap(({ folder, weights, trace, golden: file, compare, cpuOnly }) => {
    const path = fixturePath(`models/${folder}`);
    const loaded = loadedOnce(async () => {
      const config = JSON.parse(readFileSync(`${path}/config.json`, "utf8")) as PublishedConfig;
      return { graph: trace(config), ...(await readWeights(`${path}/${weights}`)) };
    });
    const golden = readGolden(`cases/${file}`);
    return outputCases(file, { golden, compare, loaded, cpuOnly });
  }),
];

interface OutputCaseOptions {
  readonly golden: Golden;
  readonly compare: Role["compare"];
  readonly loaded: (engine: Engine) => Promise<Network>;
  readonly cpuOnly?: boolean;
}

function outputCases(name: string, { golden, compare, loaded, cpuOnly }: OutputCaseOptions): FidelityCase[] {
  return compare(golden).flatMap(({ feeds, outputs }, i) => {
    const run = oncePer<Engine, Record<string, Tensor>>(async (engine) => (await loaded(engine)).run(feeds));
    // Software WebGPU takes seconds a run: one run of each case is enough there.
    const bounds = i > 0 || cpuOnly ? { cpu: 1e-4 } : { cpu: 1e-4, webgpu: 1e-3 };
    return Object.entries(outputs).map(([output, ours]): FidelityCase => ({
      name: `${name}, ${output.slice("out.".length)}`,
      figure: "relativeError",
      bounds,
      measure: async ({ engine }) => relativeError(ours(await run(engine)), floats(golden, output).data),
    }));
  });
}

/** The network that `source` describes, loaded once on each engine. */
function loadedOnce(source: () => Promise<Source>): (engine: Engine) => Promise<Network> {
  return oncePer(async (engine) => {
    const { graph, tensors } = await source();
    return engine.load(graph, tensors, { source: graph.name });
  });
}

function oncePer<K extends object, V>(make: (key: K) => Promise<V>): (key: K) => Promise<V> {
  const made = new WeakMap<K, Promise<V>>();
  return (key) => {
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    return value;
  };
}

function once<V>(make: () => Promise<V>): () => Promise<V> {
  let made: Promise<V> | undefined;
  return () => (made ??= make());
}
