// Three steps of a whole tiny UNet beside torch: losses, norms, weights and averages.

import { beforeAll, describe, expect, it } from "vitest";
import { fixturePath, goldenFloats, goldenTensor, readGolden } from "../../../../fixtures/read-golden.ts";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";
import { readWeights } from "../checkpoints/weights-file.ts";
import { symbol } from "../graph/dim.ts";
import { multiply, subtract } from "../graph/ops/elementwise.ts";
import { mean } from "../graph/ops/reduce.ts";
import { input } from "../graph/ops/source.ts";
import { unetConfig } from "../models/unet-config.ts";
import { unet } from "../models/unet.ts";
import type { Engine } from "../runtime/engine.ts";
import { readTensors } from "../safetensors/read-tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { openTrainingSession } from "./session.ts";
import type { TrainingProgram } from "./session.ts";

describe("openTrainingSession()", () => {
  let engine: Engine;
  beforeAll(async () => void (engine = await sharedEngine()));

  /** The largest difference beside the largest value. */
  const relativeError = (actual: Float32Array, wanted: Float32Array): number =>
    Math.max(...actual.map((v, i) => Math.abs(v - wanted[i]))) / Math.max(...wanted.map(Math.abs));
  const golden = readGolden("train/unet_adamw_steps");
  const given = readGolden("train/unet_loss");
  const tensorOf = (name: string): Tensor => ({
    dims: goldenTensor(given, name).dims,
    data: goldenFloats(given, name),
  });

  it("train() makes torch's losses, norms, weights and averages of a whole UNet", async () => {
    const folder = "train/unet_tiny";
    const { tensors } = await readWeights(fixturePath(`${folder}/diffusion_pytorch_model.safetensors`));
    const config = unetConfig(given.json.config);
    const program: TrainingProgram = {
      name: "unet",
      build(p) {
        const sample = input("sample", [symbol("batch"), 4, 8, 8]);
        const context = input("context", [symbol("batch"), 5, 6]);
        const predicted = unet(p, { sample, timestep: input("timestep", [symbol("batch")]), context }, config);
        const error = subtract(predicted, input("noise", sample.dims));
        const loss = mean(multiply(error, error));
        return { objectives: [{ name: "denoising", loss, trains: () => true }] };
      },
    };
    const session = await openTrainingSession(engine, program, {
      initial: await readTensors([...tensors]),
      optimizer: { kind: "adamw", weightDecay: 1e-2 },
      clipNorm: 0.5,
      ema: { decay: 0.9999 },
    });
    const timesteps = goldenTensor(given, "in.timesteps");
    const feeds = {
      sample: tensorOf("x_t"),
      noise: tensorOf("in.noise"),
      context: tensorOf("in.encoder_hidden_states"),
      timestep: { dims: timesteps.dims, data: Float32Array.from(timesteps.data as Int32Array) },
    };
    for (const [step, [loss, norm]] of golden.json.loss_and_gradnorm.entries()) {
      const outputs = await session.train([feeds], { learningRate: 1e-3 });
      expect(Math.abs(outputs["denoising.loss"].data[0] / loss - 1)).toBeLessThan(1e-5);
      expect(Math.abs(outputs.gradientNorm.data[0] / norm - 1)).toBeLessThan(1e-4);
      const weights = await session.weights();
      for (const [name] of golden.tensors) {
        const [, parameter] = new RegExp(`^step${step}\\.(.*)$`).exec(name) ?? [];
        if (parameter !== undefined) {
          expect(relativeError(weights.get(parameter)!.data, goldenFloats(golden, name)), name).toBeLessThan(1e-4);
        }
      }
    }
    const averages = await session.weights({ ema: true });
    for (const name of [...golden.tensors.keys()].filter((name) => name.startsWith("ema_after3."))) {
      const own = averages.get(name.replace("ema_after3.", ""))!.data;
      expect(relativeError(own, goldenFloats(golden, name)), name).toBeLessThan(1e-4);
    }
    await session.close();
  });
});
