// Adapters merged into the weights beside the reference: each change of a parameter that is stored, and what the networks
// give with the adapter at both weights.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AdapterComponent } from "@noisette/core/adapters/adapter";
import { deltaOf } from "@noisette/core/adapters/forms/index";
import { openAdapter } from "@noisette/core/adapters/match-adapter";
import { changesOf, mergedTensors } from "@noisette/core/adapters/merge-adapters";
import type { Checkpoint } from "@noisette/core/checkpoints/checkpoint";
import { openCheckpoint } from "@noisette/core/checkpoints/open";
import type { Graph } from "@noisette/core/graph/graph";
import type { Engine } from "@noisette/core/runtime/engine";
import { readTensors } from "@noisette/core/safetensors/read-tensor";
import { tensor } from "@noisette/core/tensor/tensor";
import type { AnyTensor, Tensor } from "@noisette/core/tensor/tensor";
import { fixturePath, goldenTensor, readGolden } from "../fixtures/read-golden.ts";
import type { Golden } from "../fixtures/read-golden.ts";
import type { FidelityCase } from "./case.ts";
import { relativeError } from "./case.ts";
import { floats, integers, roles } from "./network-roles.ts";

/** Adapter files, the model each is for, and the golden file of each; old attention processors hold the same as PEFT's. */
export const adapterFiles = [
  { file: "lora_kohya", model: "sd1", golden: "lora_kohya" },
  { file: "lora_diffusers_peft", model: "sd1", golden: "lora_diffusers_peft" },
  { file: "lora_diffusers_old_attnprocs", model: "sd1", golden: "lora_diffusers_peft" },
  { file: "loha", model: "sd1", golden: "loha" },
  { file: "lokr", model: "sd1", golden: "lokr" },
  { file: "lycoris_misc", model: "sd1", golden: "lycoris_misc" },
  { file: "lora_kohya_sdxl", model: "sdxl", golden: "lora_kohya_sdxl" },
] as const;

/** Opened and traced once each. */
const models = { sd1: once(() => openModel("sd1")), sdxl: once(() => openModel("sdxl")) };
const openModel = (name: string) => openCheckpoint(fixturePath(`models/${name}`));
const graphs = { sd1: tracer(), sdxl: tracer() };

function once<V>(make: () => V): () => V {
  let made: V | undefined;
  return () => (made ??= make());
}

function tracer(): (component: AdapterComponent, checkpoint: Checkpoint) => Graph {
  const traced = new Map<AdapterComponent, Graph>();
  return (component, checkpoint) => {
    const graph = traced.get(component) ?? roles[component].trace(checkpoint.networks[component]!.config, checkpoint);
    traced.set(component, graph);
    return graph;
  };
}

type AdapterFile = (typeof adapterFiles)[number];

/** One golden output of a network: which, at which weight, from what. */
export interface AdaptedOutput {
  readonly component: AdapterComponent;
  readonly weight: number;
  /** Its key in the golden file. */
  readonly key: string;
  readonly feeds: Readonly<Record<string, AnyTensor>>;
  /** Our name of the output. */
  readonly output: string;
}

/** How the golden keys before "@" map to networks, and where their inputs stand. */
const networks: Readonly<
  Record<string, { component: AdapterComponent; output: string; feeds: (inputs: Golden) => Record<string, AnyTensor> }>
> = {
  "out.unet": {
    component: "unet",
    output: "out",
    feeds: (inputs) => ({
      sample: floats(inputs, "in.sample"),
      // SDXL's is in the golden file's description alone.
      timestep: tensor([1], Float32Array.of(Number(inputs.tensors.get("in.timestep")?.data[0] ?? 333))),
      context: floats(inputs, "in.encoder_hidden_states"),
      ...(inputs.tensors.has("in.time_ids") && {
        textEmbeds: floats(inputs, "in.text_embeds"),
        timeIds: floats(inputs, "in.time_ids"),
      }),
    }),
  },
  "out.text": { component: "textEncoder", output: "normalized.3", feeds: (inputs) => ids(inputs, "in.input_ids") },
  "out.text1_penultimate": { component: "textEncoder", output: "hidden.2", feeds: (inputs) => ids(inputs, "in.ids1") },
  "out.text2_penultimate": { component: "textEncoder2", output: "hidden.3", feeds: (inputs) => ids(inputs, "in.ids2") },
  "out.text2_text_embeds": {
    component: "textEncoder2",
    output: "textEmbeds",
    feeds: (inputs) => ids(inputs, "in.ids2"),
  },
};

const ids = (inputs: Golden, name: string) => ({ ids: integers(goldenTensor(inputs, name)) });

/** Every golden output with the adapter of `file`. */
export function adaptedOutputs({ file, model, golden }: AdapterFile): AdaptedOutput[] {
  const expected = readGolden(`adapters/${golden}_expected`);
  const inputs = model === "sd1" ? readGolden("adapters/_inputs") : expected;
  return [...expected.tensors.keys()].flatMap((key) => {
    const [name, weight] = key.split("@");
    const network = networks[name];
    // Attention processors have no text encoder's part.
    const isMissing = file.endsWith("attnprocs") && name === "out.text";
    if (network === undefined || isMissing || weight === "0.0") return [];
    const { feeds, ...rest } = network;
    return [{ ...rest, key, weight: Number(weight), feeds: feeds(inputs) }];
  });
}

/** What the network of an output gives with the adapter merged; the outputs of one network come from one run. */
function mergedRuns({ file, model }: AdapterFile): (engine: Engine, output: AdaptedOutput) => Promise<Tensor> {
  const runs = new WeakMap<Engine, Map<string, Promise<Record<string, Tensor>>>>();
  async function run(engine: Engine, { component, weight, feeds }: AdaptedOutput): Promise<Record<string, Tensor>> {
    const checkpoint = await models[model]();
    const adapter = await openAdapter(fixturePath(`adapters/${file}.safetensors`), checkpoint);
    const folder = await mkdtemp(join(tmpdir(), "noisette-"));
    try {
      const changes = changesOf(component, [{ adapter, weight }], checkpoint.networks);
      const tensors = await mergedTensors(checkpoint.networks[component]!.tensors, changes, {
        file: join(folder, "merged.safetensors"),
      });
      // Each network runs once: rewriting its graph takes longer than it saves. On a GPU it also widens float16 weights.
      const network = await engine.load(graphs[model](component, checkpoint), tensors, {
        source: file,
        optimize: engine.device !== "cpu",
      });
      const outputs = await network.run(feeds);
      await network.unload();
      return outputs;
    } finally {
      await rm(folder, { recursive: true });
    }
  }
  return async (engine, output) => {
    const own = runs.get(engine) ?? new Map<string, Promise<Record<string, Tensor>>>();
    runs.set(engine, own);
    const key = `${output.component}@${output.weight}`;
    const running = own.get(key) ?? run(engine, output);
    own.set(key, running);
    return (await running)[output.output];
  };
}

async function delta({ file, model }: AdapterFile, key: string): Promise<Float32Array> {
  const checkpoint = await models[model]();
  const { modules } = await openAdapter(fixturePath(`adapters/${file}.safetensors`), checkpoint);
  const name = `${key.slice("delta.".length)}.weight`;
  // The reference's text encoder leaves the first part of its names out.
  const { component, parameter, read } = modules.find(({ parameter }) =>
    [name, `text_model.${name}`].includes(parameter),
  )!;
  const values = await readTensors([["base", checkpoint.networks[component]!.tensors.get(parameter)!]]);
  return deltaOf(await read(), values.get("base")!);
}

/** Every stored change, and every network's output, of every golden adapter. */
export const adapterCases: readonly FidelityCase[] = adapterFiles.flatMap((adapter) => {
  const expected = readGolden(`adapters/${adapter.golden}_expected`);
  const run = mergedRuns(adapter);
  const deltas = [...expected.tensors.keys()].filter((key) => key.startsWith("delta."));
  return [
    ...deltas.map((key): FidelityCase => ({
      name: `${adapter.file}, ${key}`,
      figure: "relativeError",
      bounds: { cpu: 1e-6 },
      measure: async () => relativeError(await delta(adapter, key), floats(expected, key).data),
    })),
    ...adaptedOutputs(adapter).map((output): FidelityCase => ({
      name: `${adapter.file}, merged, ${output.key.slice("out.".length)}`,
      figure: "relativeError",
      // Merged weights are weights like others: one network on WebGPU is enough.
      bounds: { cpu: 1e-4, ...(adapter.file === "lora_kohya" && output.key === "out.text@1.0" && { webgpu: 1e-3 }) },
      measure: async ({ engine }) => relativeError((await run(engine, output)).data, floats(expected, output.key).data),
    })),
  ];
});
