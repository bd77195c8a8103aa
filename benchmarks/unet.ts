// Stable Diffusion 1.5's UNet on the CPU: seconds a step, its share of what a large matrix product reaches in the same
// process at the same time, loading and memory. Weights are random: speed does not depend on them.
//
//   npm run bench -- unet [--threads 2] [--size 512] [--rounds 3] [--device cpu]

import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { readWeights } from "@noisette/core/checkpoints/weights-file";
import { flops, flopsByOperator } from "@noisette/core/graph/flops";
import { graphOf, parametersOf } from "@noisette/core/graph/graph";
import { add } from "@noisette/core/graph/ops/elementwise";
import { linear } from "@noisette/core/graph/ops/linear-algebra";
import { slice } from "@noisette/core/graph/ops/shape";
import { input } from "@noisette/core/graph/ops/source";
import { parameters } from "@noisette/core/graph/params";
import { unetGraph } from "@noisette/core/models/unet";
import { unetConfig } from "@noisette/core/models/unet-config";
import type { Device, Engine, Network } from "@noisette/core/runtime/engine";
import { openEngine } from "@noisette/core/runtime/open-engine";
import type { StoredTensor } from "@noisette/core/tensor/stored";
import type { Tensor } from "@noisette/core/tensor/tensor";
import { elementCount } from "@noisette/core/tensor/tensor";
import { keptCheckpoint } from "./kept-checkpoint.ts";

/** The published config of runwayml/stable-diffusion-v1-5's UNet, as far as it differs from the defaults. */
const published = {
  block_out_channels: [320, 640, 1280, 1280],
  down_block_types: ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
  up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
  attention_head_dim: 8,
  cross_attention_dim: 768,
};

/** Prints the figures. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      device: { type: "string", default: "cpu" },
      threads: { type: "string", default: "2" },
      size: { type: "string", default: "512" },
      rounds: { type: "string", default: "3" },
    },
  });
  const side = Number(values.size) / 8;
  const threads = Number(values.threads);

  const { value: graph, ms: traceMs } = timed(() => unetGraph(unetConfig(published)));
  const listing = parametersOf(graph).map(({ name, dims }): [string, number[]] => [name, [...dims]]);
  const file = await keptCheckpoint("sd15-unet.safetensors", { "": listing });
  const { tensors } = await readWeights(file);
  const count = parametersOf(graph).reduce((sum, { dims }) => sum + elementCount(dims), 0);
  const sizes = { batch: 2, height: side, width: side, tokens: 77 };
  const work = flops(graph, sizes);

  console.log(`${cpus()[0].model.trim()}, ${threads} threads; ${new Date().toISOString().slice(0, 10)}`);
  console.log(`UNet of SD 1.5, ${values.size} × ${values.size}, batch 2: ${(work / 1e12).toFixed(3)} TFLOP a step`);
  for (const [name, part] of Object.entries(flopsByOperator(graph, sizes))) {
    console.log(`  ${name.padEnd(10)} ${(part / 1e12).toFixed(3)} TFLOP`);
  }

  const engine = await openEngine({ device: values.device as Device, threads });
  const unet = await engine.load(graph, tensors, { source: file });
  const loaded = await engine.memory();
  console.log(
    `load ${seconds(traceMs + unet.loadMs)}: trace ${seconds(traceMs)}, encode ${seconds(unet.prepareMs)}, ` +
      `session ${seconds(unet.loadMs - unet.prepareMs)}`,
  );

  const feeds = {
    sample: wave([2, 4, side, side]),
    timestep: { dims: [2], data: Float32Array.of(500, 500) },
    context: wave([2, 77, 768]),
  };
  const probeOptions = [2048, 4096].flatMap((size) => [true, false].map((constant) => ({ size, constant })));
  const weights = tensors.values().next().value!;
  const probes = await Promise.all(probeOptions.map((options) => matmulProbe(engine, { ...options, weights })));
  const rates = async (): Promise<number[]> => {
    const all: number[] = [];
    for (const probe of probes) all.push(await probe());
    return all;
  };
  const layersWork = work - (flopsByOperator(graph, sizes).attention ?? 0);
  const shares: number[] = [];
  let bestMs = Infinity;
  for (let round = 1; round <= Number(values.rounds); round++) {
    // The machine's speed drifts: a step is held against the products right before and right after it.
    const before = await rates();
    const { out, ms } = await timedRun(unet, feeds);
    const after = await rates();
    if (!out.data.every(Number.isFinite)) throw new Error("Cannot use the figures: the UNet's output is not finite");
    const rate = work / ms / 1e6;
    const matmulRate = Math.max(...before, ...after);
    bestMs = Math.min(bestMs, ms);
    shares.push(rate / matmulRate);
    const products = probeOptions.map(({ size, constant }, i) => {
      return `${size}³ ${constant ? "constant" : "run-time"} ${Math.max(before[i], after[i]).toFixed(0)}`;
    });
    console.log(
      `round ${round}: step ${seconds(ms)}, ${rate.toFixed(0)} GFLOP/s (${(layersWork / ms / 1e6).toFixed(0)} without attention's products); ` +
        `matrix products ${products.join(", ")} GFLOP/s; share ${percent(rate / matmulRate)}`,
    );
  }
  const peak = await engine.memory();
  await engine.close();

  const median = shares.toSorted((a, b) => a - b)[Math.floor(shares.length / 2)];
  console.log(`step ${seconds(bestMs)} at best; median share of the best matrix product ${percent(median)}`);
  if (loaded !== undefined && peak !== undefined) {
    const weightBytes = 4 * count;
    const share = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB (${(bytes / weightBytes).toFixed(2)} ×)`;
    console.log(
      `memory of the engine: weights as float32 ${(weightBytes / 1e9).toFixed(2)} GB; loaded ${share(loaded.residentBytes)}, ` +
        `peak of loading ${share(loaded.peakBytes)}, peak with the probes' ${share(peak.peakBytes)}`,
    );
  }
}

interface ProbeOptions {
  readonly size: number;
  readonly constant: boolean;
  readonly weights: StoredTensor;
}

/**
 * Products of square matrices in the same engine: x·wᵀ four times (once for large ones). The matrices are any of the
 * checkpoint's bytes, and one row of the result comes back, so that nothing large is sent.
 */
async function matmulProbe(engine: Engine, { size, constant, weights }: ProbeOptions) {
  const products = size > 2048 ? 1 : 4;
  const p = parameters();
  const zero = input("zero", [1]);
  const w = p.parameter("w", [size, size]);
  let y = add(p.parameter("x", [size, size]), zero);
  const factor = constant ? w : add(w, zero);
  for (let i = 0; i < products; i++) y = linear(y, factor);
  const graph = graphOf("product", { row: slice(y, { axis: 0, start: 0, end: 1 }) });
  const matrix = { ...weights, dims: [size, size], type: "F16", byteLength: 2 * size ** 2 } as const;
  const tensors = new Map([
    ["w", matrix],
    ["x", { ...matrix, offset: matrix.offset + matrix.byteLength }],
  ]);
  const network = await engine.load(graph, tensors, { source: "probe" });
  const work = products * 2 * size ** 3;
  const feeds = { zero: { dims: [1], data: new Float32Array(1) } };
  /** GFLOP/s, the better of two runs. */
  return async (): Promise<number> => {
    const times = [(await timedRun(network, feeds)).ms, (await timedRun(network, feeds)).ms];
    return work / Math.min(...times) / 1e6;
  };
}

async function timedRun(network: Network, feeds: Parameters<Network["run"]>[0]): Promise<{ out: Tensor; ms: number }> {
  const start = performance.now();
  const [out] = Object.values(await network.run(feeds));
  return { out, ms: performance.now() - start };
}

function timed<T>(make: () => T): { value: T; ms: number } {
  const start = performance.now();
  return { value: make(), ms: performance.now() - start };
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

/** Smooth values of the size of latents. */
const wave = (dims: readonly number[]): Tensor => ({
  dims,
  data: Float32Array.from({ length: elementCount(dims) }, (_, i) => Math.sin(i * 1.3)),
});
