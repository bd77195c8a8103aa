// Pictures in a few steps: what SD-Turbo, SDXL-Turbo and LCM are asked for.

import { load } from "noisette";
import type { Image } from "noisette";

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

/** A picture of `prompt` in one step, and one in four. */
export async function fewSteps(model: string, prompt: string): Promise<Record<keyof typeof fewStepOptions, Image>> {
  const sd = await load(model, { device: "cpu" });
  const paint = async (kind: keyof typeof fewStepOptions): Promise<Image> =>
    (await sd.generate({ prompt, seed: 1, width: 64, height: 64, ...fewStepOptions[kind] })).images[0].image!;
  try {
    return { turbo: await paint("turbo"), lcm: await paint("lcm") };
  } finally {
    await sd.close();
  }
}
