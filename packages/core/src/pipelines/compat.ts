// What each program chooses where the caller did not: the same prompt, seed and settings then make that program's picture.
// docs/decisions/0009 says where the values come from.

import type { SamplerId } from "../diffusion/samplers/index.ts";
import type { ScheduleId } from "../diffusion/schedules/index.ts";
import type { GenerateOptions } from "./options.ts";
import type { compatIds } from "./prompt-options.ts";

/** The schedules of A1111's samplers where they are not its plain one. */
const a1111Schedules: Partial<Record<SamplerId, ScheduleId>> = {
  dpmpp_2m: "karras",
  dpmpp_sde: "karras",
  dpmpp_2s_ancestral: "karras",
  dpm_2: "karras",
  dpm_2_ancestral: "karras",
  restart: "karras",
  dpmpp_2m_sde: "exponential",
  dpmpp_2m_sde_heun: "exponential",
  dpmpp_3m_sde: "exponential",
};
/** Samplers whose noise is a Brownian path in A1111 and ComfyUI. */
const onPaths: readonly SamplerId[] = ["dpmpp_sde", "dpmpp_2m_sde", "dpmpp_2m_sde_heun", "dpmpp_3m_sde"];
const a1111Discards: readonly SamplerId[] = ["dpm_2", "dpm_2_ancestral", "dpmpp_3m_sde"];
const comfyuiDiscards: readonly SamplerId[] = ["dpm_2", "dpm_2_ancestral", "unipc"];

const onOff = (on: boolean) => (on ? "on" : "off");

/** Whether the noise levels are given one by one. */
const givesLevels = ({ sigmas, timesteps }: GenerateOptions) => sigmas !== undefined || timesteps !== undefined;

/** The noise of `sampler` there, unless it is to draw none. */
const pathOf = (sampler: SamplerId, { eta }: GenerateOptions): Partial<GenerateOptions> =>
  onPaths.includes(sampler) && eta !== 0 ? { noise: "brownian" } : {};

/** The programs' choices for what was asked. */
export const compatModes: Readonly<
  Record<(typeof compatIds)[number], (asked: GenerateOptions) => Partial<GenerateOptions>>
> = {
  diffusers: () => ({
    promptSyntax: "plain",
    emphasis: "none",
    chunking: "cut",
    dynamicPrompts: "off",
    clipSkipNegative: 1,
    clipSkipSdxl: "relative",
    emptyNegative: "model",
    strengthSteps: "diffusers",
    maskBlending: "noised",
    rng: "cpu",
    seeding: "per-image",
    stepRng: "same",
    brownianSeed: "noise",
    discardPenultimate: "off",
    initialNoise: "plan",
  }),
  a1111(asked) {
    const { sampler = "dpmpp_2m", clipSkip = 1 } = asked;
    return {
      promptSyntax: "a1111",
      emphasis: "original",
      chunking: "a1111",
      // An extension of A1111 draws from these; by itself it leaves them as they are.
      dynamicPrompts: "off",
      clipSkip,
      clipSkipNegative: clipSkip,
      clipSkipSdxl: "ignored",
      emptyNegative: "zeros",
      strengthSteps: "a1111",
      maskBlending: "denoised",
      rng: "philox",
      seeding: "per-image",
      stepRng: "same",
      brownianSeed: "seed",
      sampler,
      ...pathOf(sampler, asked),
      ...(!givesLevels(asked) && {
        schedule: a1111Schedules[sampler],
        discardPenultimate: onOff(a1111Discards.includes(sampler)),
      }),
      initialNoise: "sigma",
    };
  },
  comfyui(asked) {
    const { sampler = "euler", clipSkip = 1 } = asked;
    return {
      promptSyntax: "comfyui",
      emphasis: "comfyui",
      chunking: "comfyui",
      // Its page draws from {a|b} before it sends the prompt.
      dynamicPrompts: "on",
      clipSkip,
      clipSkipNegative: clipSkip,
      clipSkipSdxl: "absolute",
      emptyNegative: "text",
      strengthSteps: "exact",
      maskBlending: "both",
      rng: "cpu",
      seeding: "batch",
      // On a graphics card, as nearly everybody runs it; on the CPU it is "cpu" with noiseSeedDelta 1.
      stepRng: "philox",
      brownianSeed: "seed",
      sampler,
      ...pathOf(sampler, asked),
      ...(!givesLevels(asked) && {
        schedule: "normal",
        discardPenultimate: onOff(comfyuiDiscards.includes(sampler)),
      }),
      initialNoise: "sgm",
    };
  },
};

/** `asked` with the choices of the program that `compat` names; what was asked for itself stays. Checks nothing. */
export function withCompat<T>(asked: T): T {
  const options = (asked ?? {}) as GenerateOptions;
  const { compat } = options;
  if (compat === undefined || !Object.hasOwn(compatModes, compat)) return asked;
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...compatModes[compat](options), ...given } as T;
}
