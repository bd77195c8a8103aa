// The UNet at one x under several conditions: what guidance combines.

import { isKUnet } from "../models/k-unet.ts";
import type { UNetConfig } from "../models/unet.ts";
import type { Network } from "../runtime/engine.ts";
import { stack, unstack } from "../tensor/batch.ts";
import type { Box } from "../tensor/crop.ts";
import type { AnyTensor, Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import type { TextStates } from "./conditioning.ts";
import type { Controls } from "./controls.ts";
import type { PicturePrompts } from "./ip-adapters.ts";
import type { PromptStates } from "./prompt-conditions.ts";

/** What one evaluation is given beside the latents. */
export interface Condition extends TextStates {
  /** SDXL's sizes [1,6] or [1,5]. */
  readonly timeIds: Tensor | undefined;
  /** Channels [1,C',h,w] behind the latents, instead of those of the whole run. */
  readonly extraChannels?: Tensor;
  /** It stands for what is not wanted: controls for the prompt alone leave it out. */
  readonly isNegative?: boolean;
  /** The part of the latents that it is evaluated at, where that is not all of them. */
  readonly window?: Box;
  /** Self-attention is perturbed, in a UNet that was traced for it. */
  readonly perturbed?: boolean;
  /** All states of a prompt that changes or has several parts, of which `context` and `pooled` are the first. */
  readonly prompt?: PromptStates;
}

/** What the UNet makes of latents [1,C,h,w] under one condition. */
export interface UNetResult {
  /** The prediction [1,C,h,w], flat. */
  readonly out: Float32Array;
  /** What it was traced to tell beside that, by name, each [1,…]. */
  readonly maps: Readonly<Record<string, Tensor>>;
}

/** (latents [1,C,h,w], timestep, conditions) → one result per condition, in their order. */
export type Evaluate = (
  latents: Tensor,
  timestep: number,
  conditions: readonly Condition[],
  maps?: readonly string[],
) => Promise<readonly UNetResult[]>;

/** What all evaluations of a run share. */
export interface EvaluationOptions {
  /** All conditions in one run of the network. */
  readonly batched: boolean;
  /** Channels [1,C',h,w] that the UNet takes behind the latents: a mask and the picture under it, or its depth. */
  readonly extraChannels?: Tensor;
  /** The class that a UNet with a table of them is told: the ×4 upscaler's noise level. */
  readonly classLabel?: number;
  /** Told to UNets that take guidance as an input. */
  readonly guidanceScale: number;
  /** The UNet was traced to have its self-attention perturbed. */
  readonly perturbs?: boolean;
  /** What steers a UNet that was traced for it. */
  readonly controls?: Controls;
  /** Pictures that a UNet looks at which was traced for it. */
  readonly pictures?: PicturePrompts;
  /** Feeds of a UNet that was traced with more inputs. */
  readonly feeds?: Readonly<Record<string, AnyTensor>>;
  readonly signal?: AbortSignal;
}

/** Evaluations of `unet`. */
export function unetEvaluation(
  unet: Network,
  config: UNetConfig,
  {
    batched,
    extraChannels,
    classLabel,
    guidanceScale,
    perturbs = false,
    controls,
    pictures,
    feeds: more,
    signal,
  }: EvaluationOptions,
): Evaluate {
  const guidanceCode =
    config.guidanceCodeWidth === undefined ? undefined : codeOfGuidance(guidanceScale - 1, config.guidanceCodeWidth);

  async function run(
    latents: Tensor,
    timestep: number,
    conditions: readonly Condition[],
    maps: readonly string[],
  ): Promise<UNetResult[]> {
    const n = conditions.length;
    const withExtra = ({ extraChannels: own = extraChannels }: Condition) =>
      own === undefined ? latents : joinChannels(latents, own);
    const step = {
      timestep: tensor([n], new Float32Array(n).fill(timestep)),
      context: stack(conditions.map(({ context }) => context)),
      ...(config.textTime !== undefined && {
        textEmbeds: stack(conditions.map(({ pooled }) => pooled!)),
        timeIds: stack(conditions.map(({ timeIds }) => timeIds!)),
      }),
      ...(isKUnet(config) && { pooled: stack(conditions.map(({ pooled }) => pooled!)) }),
    };
    const negative = conditions.map(({ isNegative = false }) => isNegative);
    const controlled = await controls?.feeds(
      {
        timestep,
        feeds: { ...step, sample: stack(conditions.map(() => latents)) },
        negative,
        window: conditions[0].window,
      },
      signal,
    );
    const feeds: Record<string, AnyTensor> = {
      ...more,
      ...step,
      ...controlled,
      ...pictures?.feeds({ timestep, negative }),
      sample: stack(conditions.map(withExtra)),
    };
    if (classLabel !== undefined)
      feeds.classLabels = { dims: [n], data: new BigInt64Array(n).fill(BigInt(classLabel)) };
    if (guidanceCode !== undefined) feeds.guidanceCode = stack(conditions.map(() => guidanceCode));
    if (perturbs)
      feeds.perturbed = tensor(
        [n],
        Float32Array.from(conditions, ({ perturbed }) => (perturbed ? 1 : 0)),
      );
    const { out, ...told } = await unet.run(feeds, { outputs: ["out", ...maps], signal });
    const names = Object.keys(told);
    const parts = new Map(names.map((name) => [name, unstack(told[name])]));
    return unstack(out).map(({ data }, i) => ({
      out: data,
      maps: Object.fromEntries(names.map((name) => [name, parts.get(name)![i]])),
    }));
  }

  return async (latents, timestep, conditions, maps = []) => {
    // Prompts of different lengths do not stack.
    const lengths = [...new Set(conditions.map(({ context }) => context.dims[1]))];
    const groups = batched
      ? lengths.map((length) => conditions.filter(({ context }) => context.dims[1] === length))
      : conditions.map((condition) => [condition]);
    const results = new Map<Condition, UNetResult>();
    for (const group of groups) {
      const made = await run(latents, timestep, group, maps);
      made.forEach((result, i) => results.set(group[i], result));
    }
    return conditions.map((condition) => results.get(condition)!);
  };
}

/** [1,A,h,w] and [1,B,h,w] → [1,A+B,h,w]. */
function joinChannels(a: Tensor, b: Tensor): Tensor {
  const data = new Float32Array(a.data.length + b.data.length);
  data.set(a.data);
  data.set(b.data, a.data.length);
  return tensor([1, a.dims[1] + b.dims[1], a.dims[2], a.dims[3]], data);
}

/** Sinusoidal code [1,width] of guidance scale w = scale − 1, times 1000 (latent consistency models, arXiv 2310.04378, §4.1). */
function codeOfGuidance(w: number, width: number): Tensor {
  const half = Math.floor(width / 2);
  const angles = Array.from({ length: half }, (_, i) => 1000 * w * Math.exp((-Math.log(10000) * i) / (half - 1)));
  // An odd width ends in a zero, as in diffusers.
  return tensor(
    [1, width],
    Float32Array.from({ length: width }, (_, i) =>
      i < half ? Math.sin(angles[i]) : i < 2 * half ? Math.cos(angles[i - half]) : 0,
    ),
  );
}
