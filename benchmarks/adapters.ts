// Switching LoRAs on a model of Stable Diffusion 1.5's size: what it takes beside loading the model, and whether memory stays.
// Weights are random: speed does not depend on them.
//
//   npm run bench -- adapters [--rank 32] [--rounds 50] [--threads 2] [--device cpu]

import { rm } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openCheckpoint } from "@noisette/core/checkpoints/open";
import type { Checkpoint } from "@noisette/core/checkpoints/checkpoint";
import { adapterShelf } from "@noisette/core/pipelines/adapter-shelf";
import { openNetworks } from "@noisette/core/pipelines/networks";
import type { Networks } from "@noisette/core/pipelines/networks";
import { runAdapters } from "@noisette/core/pipelines/run-adapters";
import type { Device } from "@noisette/core/runtime/engine";
import { singleFiles } from "../fixtures/published-listings.ts";
import { writeRandomCheckpoint } from "../scripts/random-checkpoint.ts";
import { engineBytes } from "./engine-memory.ts";
import { benchFolder, keptCheckpoint } from "./kept-checkpoint.ts";

const parts = ["textEncoder", "unet", "decoder"] as const;

/** Prints the figures. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      device: { type: "string", default: "cpu" },
      threads: { type: "string", default: "2" },
      rank: { type: "string", default: "32" },
      rounds: { type: "string", default: "50" },
    },
  });
  const model = await keptCheckpoint("sd15.safetensors", singleFiles.sd1);
  const checkpoint = await openCheckpoint(model);
  const loras = ["a", "b"].map((name) => join(benchFolder, `lora-${name}.safetensors`));
  for (const [i, path] of loras.entries()) await writeLora(checkpoint, path, Number(values.rank) - i);

  const options = { device: values.device as Device, threads: Number(values.threads) };
  console.log(`${cpus()[0].model.trim()}, ${values.threads} threads; ${new Date().toISOString().slice(0, 10)}`);
  const plain = await openNetworks(checkpoint, options);
  console.log(`full load without adapters: ${seconds(await timeOf(() => getAll(plain)))}`);
  await plain.close();

  const networks = await openNetworks(checkpoint, options);
  const given = { checkpoint, networks, shelf: adapterShelf(checkpoint), catalogue: undefined, notice: console.log };
  const put = async (name: string, weight: number) => {
    const run = await runAdapters({ loras: [{ name, weight }], promptSyntax: "a1111" }, [[""]], given);
    await getAll(run([""]).networks);
  };
  const full = await timeOf(() => put(loras[0], 1));
  console.log(`full load with a LoRA of rank ${values.rank}: ${seconds(full)}; memory ${megabytes(engineBytes())}`);
  const switches: number[] = [];
  const sizes: number[] = [];
  for (let round = 1; round <= Number(values.rounds); round++) {
    switches.push(await timeOf(() => put(loras[round % 2], 0.5)));
    sizes.push(engineBytes());
  }
  const sorted = switches.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  console.log(
    `${switches.length} switches: median ${seconds(median)}, worst ${seconds(sorted.at(-1)!)}; ` +
      `${((100 * median) / full).toFixed(1)} % of a full load (worst ${((100 * sorted.at(-1)!) / full).toFixed(1)} %)`,
  );
  console.log(
    `memory after the first switches ${megabytes(Math.min(...sizes.slice(0, 5)))}, the last ${megabytes(Math.min(...sizes.slice(-5)))}`,
  );
  console.log(`another weight: ${seconds(await timeOf(() => put(loras[Number(values.rounds) % 2], 0.7)))}`);
  await networks.close();
  for (const path of loras) await rm(path);
}

/** A LoRA in kohya's form for every linear layer of the transformers and of the text encoder, as most are. */
async function writeLora({ networks }: Checkpoint, path: string, rank: number): Promise<void> {
  const of = (component: "unet" | "textEncoder", prefix: string, layers: RegExp): [string, number[]][] =>
    [...networks[component]!.tensors].flatMap(
      ([
        name,
        {
          dims: [out, into],
        },
      ]) => {
        if (!layers.test(name)) return [];
        const base = prefix + name.replace(/\.weight$/, "").replaceAll(".", "_");
        return [
          [`${base}.lora_down.weight`, [rank, into]],
          [`${base}.lora_up.weight`, [out, rank]],
        ];
      },
    );
  const listing = [
    ...of("unet", "lora_unet_", /attentions.*\.(to_[qkv]|to_out\.0|proj|net\.2|proj_in|proj_out)\.weight$/),
    ...of("textEncoder", "lora_te_", /\.([qkv]_proj|out_proj|fc[12])\.weight$/),
  ];
  await writeRandomCheckpoint({ "": listing }, path);
}

async function getAll(networks: Networks): Promise<void> {
  for (const part of parts) await networks.get(part);
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
