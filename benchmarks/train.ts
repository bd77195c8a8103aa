// Training steps on the CPU: samples a second, arithmetic a second (three times the forward pass's, as is usual) and its share
// of what a large matrix product reaches in the same process at the same time. Sizes are those of a small sticker model.
//
//   npm run bench -- train [unet|autoencoder] [--batch 64] [--rounds 3] [--threads 2] [--profile]

import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { symbol } from "@noisette/core/graph/dim";
import { flops } from "@noisette/core/graph/flops";
import { graphOf, inputsOf } from "@noisette/core/graph/graph";
import { abs, multiply, subtract } from "@noisette/core/graph/ops/elementwise";
import { mean } from "@noisette/core/graph/ops/reduce";
import { input } from "@noisette/core/graph/ops/source";
import { parameters } from "@noisette/core/graph/params";
import { autoencoderKlConfig, decode, encode } from "@noisette/core/models/autoencoder-kl";
import { unet } from "@noisette/core/models/unet";
import { unetConfig } from "@noisette/core/models/unet-config";
import type { Device } from "@noisette/core/runtime/engine";
import { openEngine } from "@noisette/core/runtime/open-engine";
import { elementCount } from "@noisette/core/tensor/tensor";
import type { Tensor } from "@noisette/core/tensor/tensor";
import { initialize } from "@noisette/core/training/initialize";
import { planOptimizer } from "@noisette/core/training/parameter-groups";
import { traceProgram } from "@noisette/core/training/program";
import type { TrainingProgram } from "@noisette/core/training/program";
import { openTrainingSession } from "@noisette/core/training/session";
import { stepGraph } from "@noisette/core/training/step-graphs";
import { matmulProbe } from "./matmul-rate.ts";
import { operatorProfile } from "./operator-profile.ts";

const batch = symbol("batch");

const programs: Readonly<Record<"unet" | "autoencoder", TrainingProgram>> = {
  unet: {
    name: "UNet, 8×8×8 latents, 96/192 channels, attention to 16 tokens",
    build(p) {
      const config = unetConfig({
        in_channels: 8,
        out_channels: 8,
        block_out_channels: [96, 192],
        layers_per_block: 1,
        down_block_types: ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
        up_block_types: ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
        attention_head_dim: [3, 6],
        cross_attention_dim: 128,
      });
      const sample = input("sample", [batch, 8, 8, 8]);
      const context = input("context", [batch, 16, 128]);
      const predicted = unet(p, { sample, timestep: input("timestep", [batch]), context }, config);
      const difference = subtract(predicted, input("target", sample.dims));
      return { objectives: [{ name: "denoising", loss: mean(multiply(difference, difference)), trains: () => true }] };
    },
  },
  autoencoder: {
    name: "autoencoder, 64×64 pixels, f = 8, 32/64/128 channels",
    build(p) {
      const config = autoencoderKlConfig({
        block_out_channels: [32, 64, 128, 128],
        layers_per_block: 1,
        latent_channels: 8,
        norm_num_groups: 16,
        down_block_types: new Array(4).fill("DownEncoderBlock2D"),
        up_block_types: new Array(4).fill("UpDecoderBlock2D"),
      });
      const image = input("image", [batch, 3, 64, 64]);
      const loss = mean(abs(subtract(decode(p, encode(p, image, config).mean, config), image)));
      return { objectives: [{ name: "reconstruction", loss, trains: () => true }] };
    },
  },
};

const optimizer = { kind: "adamw", weightDecay: 0.01 } as const;
const step = { clipNorm: 1, ema: { decay: 0.999 } };

/** Prints the figures. */
export async function run(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      device: { type: "string", default: "cpu" },
      threads: { type: "string", default: "2" },
      batch: { type: "string", default: "64" },
      rounds: { type: "string", default: "3" },
      profile: { type: "boolean", default: false },
    },
  });
  const threads = Number(values.threads);
  const sizes = { batch: Number(values.batch) };
  console.log(`${cpus()[0].model.trim()}, ${threads} threads; ${new Date().toISOString().slice(0, 10)}`);
  const engine = await openEngine({ device: values.device as Device, threads });
  const probe = await matmulProbe(engine);
  for (const [key, program] of Object.entries(programs)) {
    if (positionals.length > 0 && !positionals.includes(key)) continue;
    const { objectives } = program.build(parameters());
    const losses = graphOf(program.name, Object.fromEntries(objectives.map(({ name, loss }) => [name, loss])));
    const initial = initialize(losses, 0);
    const count = [...initial.values()].reduce((sum, { dims }) => sum + elementCount(dims), 0);
    const work = 3 * flops(losses, sizes);
    console.log(
      `${program.name}, batch ${sizes.batch}: ${(count / 1e6).toFixed(1)} M parameters, ${(work / 1e9).toFixed(0)} GFLOP a step`,
    );
    const session = await openTrainingSession(engine, program, { initial, optimizer, ...step });
    const feeds = Object.fromEntries(
      inputsOf(losses).map(({ name, dims }) => [
        name,
        wave(dims.map((dim) => (typeof dim === "number" ? dim : sizes.batch))),
      ]),
    );
    const start = performance.now();
    await session.train([feeds], { learningRate: 1e-4 });
    console.log(`  first step, with loading: ${seconds(performance.now() - start)}`);

    const shares: number[] = [];
    let bestMs = Infinity;
    for (let round = 1; round <= Number(values.rounds); round++) {
      // The machine's speed drifts: steps are held against the products right before and right after them.
      const before = await probe();
      const steps = 3;
      const began = performance.now();
      for (let i = 0; i < steps; i++) await session.train([feeds], { learningRate: 1e-4 });
      const ms = (performance.now() - began) / steps;
      const matmulRate = Math.max(before, await probe());
      const rate = work / ms / 1e6;
      bestMs = Math.min(bestMs, ms);
      shares.push(rate / matmulRate);
      console.log(
        `  round ${round}: step ${seconds(ms)}, ${((1000 * sizes.batch) / ms).toFixed(1)} samples/s, ${rate.toFixed(0)} GFLOP/s; ` +
          `matrix product ${matmulRate.toFixed(0)} GFLOP/s; share ${(rate / matmulRate).toFixed(2)}`,
      );
    }
    const median = shares.toSorted((a, b) => a - b)[Math.floor(shares.length / 2)];
    const memory = await engine.memory();
    console.log(
      `  ${((1000 * sizes.batch) / bestMs).toFixed(1)} samples/s at best; median share of the matrix product ${median.toFixed(2)}` +
        (memory === undefined ? "" : `; resident ${(memory.residentBytes / 1e9).toFixed(2)} GB`),
    );
    await session.close();
    if (values.profile) {
      const traced = traceProgram(program, initial);
      const plan = planOptimizer(optimizer, traced.dims);
      const { graph } = stepGraph(traced, { optimizer: plan, clipNorm: step.clipNorm, ema: true });
      const times = await operatorProfile(graph, sizes, threads);
      const all = times.reduce((sum, { ms }) => sum + ms, 0);
      for (const { operator, nodes, ms } of times.slice(0, 16)) {
        console.log(
          `  ${operator.padEnd(24)} ${String(nodes).padStart(5)} nodes ${ms.toFixed(0).padStart(6)} ms ${((100 * ms) / all).toFixed(0).padStart(3)} %`,
        );
      }
    }
  }
  await engine.close();
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

/** Smooth values. */
const wave = (dims: readonly number[]): Tensor => ({
  dims,
  data: Float32Array.from({ length: elementCount(dims) }, (_, i) => Math.sin(i * 1.3)),
});
