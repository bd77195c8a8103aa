// Pictures in a few steps, as SD-Turbo, SDXL-Turbo and LCM are asked for them:
// npx tsx --conditions=source examples/few-steps.ts "a prompt" turbo

import type { GenerateOptions, Image, Model } from "noisette";
import { runExample } from "./run-example.ts";

const scaledLinear = { beta_start: 0.00085, beta_end: 0.012, beta_schedule: "scaled_linear" };

/** Schedulers as the models' own scheduler_config.json have them: a checkpoint that comes with one needs none here. */
export const fewStepOptions = {
  /** SD-Turbo and SDXL-Turbo (arXiv 2311.17042): trailing timesteps, no guidance, 1 to 4 steps. */
  turbo: {
    steps: 1,
    guidanceScale: 0,
    scheduler: { _class_name: "EulerDiscreteScheduler", timestep_spacing: "trailing", ...scaledLinear },
  },
  /** Latent consistency models (arXiv 2310.04378) and LCM-LoRA: 2 to 8 steps, guidance low or none. */
  lcm: {
    steps: 4,
    guidanceScale: 1.5,
    scheduler: { _class_name: "LCMScheduler", original_inference_steps: 50, ...scaledLinear },
  },
} as const;

/** A picture by a model of that kind. */
export async function fewSteps(sd: Model, kind: keyof typeof fewStepOptions, options: GenerateOptions): Promise<Image> {
  return (await sd.generate({ ...options, ...fewStepOptions[kind] })).images[0].image!;
}

await runExample(import.meta.url, async (sd, [prompt = "a red fox", kind = "turbo"]) => ({
  "few-steps": await fewSteps(sd, kind === "lcm" ? "lcm" : "turbo", { prompt, seed: 1 }),
}));
