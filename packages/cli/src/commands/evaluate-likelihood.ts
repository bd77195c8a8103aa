// `noisette evaluate likelihood`: bits per dimension of pictures under a model of pixels.

import { readPixelModel, unetFlowLikelihood, unetVariationalBound } from "@noisette/core/evaluation/unet-likelihood";
import { z } from "zod";
import {
  evaluationOptions,
  evaluationPresentations,
  figure,
  measuring,
  needed,
  onlyWord,
  openPictures,
} from "../evaluation/evaluation-options.ts";
import { definitions } from "../terminal/table.ts";
import { defineCommand } from "./command.ts";

const doing = "evaluate likelihoods";

/** `noisette evaluate likelihood`. */
export const command = defineCommand({
  usage: ["noisette evaluate likelihood MODEL --data FOLDER [flags]"],
  about:
    "Bits per dimension of pictures under a diffusion model of pixels (UNet2DModel, unconditional or by class): by the variational bound, which takes one run of the network for each timestep, or by the probability-flow ODE, which takes two runs a step.",
  options: z
    .strictObject({
      data: z.string().min(1).optional().describe("Folder, manifest, shards or IDX files of pictures"),
      method: z.enum(["both", "bound", "flow"]).default("both").describe("How to measure"),
      variance: z
        .enum(["fixed_large", "fixed_small"])
        .default("fixed_large")
        .describe("The reverse steps' variance in the bound"),
      steps: z.int().min(1).max(10000).default(64).describe("Heun steps of the ODE"),
    })
    .extend(evaluationOptions.shape),
  presentations: {
    ...evaluationPresentations,
    data: { group: "Pictures", value: "FOLDER" },
    method: { group: "Metrics" },
    variance: { group: "Metrics" },
    steps: { group: "Metrics", short: "s" },
  },
  groups: ["Pictures", "Metrics", "Output"],
  async run({ data, method = "both", variance, steps, json, ...given }, words) {
    const path = onlyWord(words, doing, "a folder of unet and scheduler");
    const from = needed(data, "--data", doing);
    const report = await measuring(given, async (context) => {
      const { engine, signal } = context;
      const model = await readPixelModel(path);
      const pictures = await openPictures(from, given, context);
      const { batchSize, seed } = given;
      const options = (what: string) => ({
        batchSize,
        seed,
        signal,
        onStep: (done: number, total: number) => context.progress(what, done, total),
      });
      const bound =
        method === "flow"
          ? undefined
          : await unetVariationalBound(engine, model, pictures, { ...options("timesteps"), variance });
      const flow =
        method === "bound"
          ? undefined
          : await unetFlowLikelihood(engine, model, pictures, { ...options("steps of the ODE"), steps });
      return {
        pictures: pictures.length,
        ...(bound && { bound: { ...bound, steps: Array.from(bound.steps) } }),
        ...(flow !== undefined && { flow }),
      };
    });
    if (json) {
      process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
      return;
    }
    const { pictures, bound, flow } = report;
    const lines: [string, string][] = [["pictures", String(pictures)]];
    if (bound !== undefined)
      lines.push([
        "variational bound",
        `${figure(bound.total)} bits per dimension (prior ${figure(bound.prior)}, decoder ${figure(bound.reconstruction)})`,
      ]);
    if (flow !== undefined) lines.push(["probability flow", `${figure(flow)} bits per dimension`]);
    process.stdout.write(`${definitions(lines).join("\n")}\n`);
  },
});
