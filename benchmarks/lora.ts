// Steps of a LoRA on a model of Stable Diffusion 1.5's size, trained as `noisette train` does: time, and the most memory that is
// taken. Weights are random: neither depends on them.
//
//   npm run bench -- lora [--rank 8] [--size 256] [--steps 3] [--threads 2] [--no-recompute]

import { mkdtemp, rm } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openEngine } from "@noisette/core/runtime/open-engine";
import { checkRecipe } from "@noisette/core/training/recipe/read-recipe";
import { train } from "@noisette/core/training/run";
import { singleFiles } from "../fixtures/published-listings.ts";
import { drawnShapes } from "../fixtures/tiny-training.ts";
import { enginePeakBytes } from "./engine-memory.ts";
import { benchFolder, keptCheckpoint } from "./kept-checkpoint.ts";

/** Prints the figures. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      threads: { type: "string", default: "2" },
      rank: { type: "string", default: "8" },
      size: { type: "string", default: "256" },
      steps: { type: "string", default: "3" },
      "no-recompute": { type: "boolean", default: false },
    },
  });
  const model = await keptCheckpoint("sd15.safetensors", singleFiles.sd1);
  const [rank, size, steps] = [Number(values.rank), Number(values.size), Number(values.steps)];
  const recompute = !values["no-recompute"];
  const recipe = checkRecipe(
    {
      trainer: "lora",
      name: "bench",
      model,
      data: { path: "shapes" },
      size,
      rank,
      recompute,
      steps,
      batchSize: 1,
      learningRate: 1e-4,
      samples: { count: 0 },
    },
    "bench",
  );
  console.log(`${cpus()[0].model.trim()}, ${values.threads} threads; ${new Date().toISOString().slice(0, 10)}`);
  console.log(`LoRA of rank ${rank} at ${size}²${recompute ? ", recomputed" : ""}, batch 1`);
  const out = await mkdtemp(join(benchFolder, "run-"));
  const engine = await openEngine({ device: "cpu", threads: Number(values.threads) });
  let lastMs = performance.now();
  const seconds = () => {
    const [before, now] = [lastMs, performance.now()];
    lastMs = now;
    return `${((now - before) / 1000).toFixed(1)} s`;
  };
  try {
    await train(recipe, {
      engine,
      data: drawnShapes({ count: 2, side: size }),
      out,
      tell(event) {
        const memory = `engine ${gigabytes(enginePeakBytes())} at most`;
        if (event.kind === "notice" || event.kind === "start") console.log(`  ${event.kind}: ${seconds()}; ${memory}`);
        if (event.kind === "step") console.log(`  step ${event.step}: ${seconds()}; ${memory}`);
      },
    });
    console.log(`this process ${gigabytes(1024 * process.resourceUsage().maxRSS)} at most`);
  } finally {
    await engine.close();
    await rm(out, { recursive: true });
  }
}

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
