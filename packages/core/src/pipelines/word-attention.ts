// Where each word of a prompt is looked at: the cross-attention of all layers and heads, brought to one size and averaged
// (DAAM, R. Tang et al., "What the DAAM: Interpreting Stable Diffusion Using Cross Attention", arXiv 2210.04885, §3).

import type { UNetConfig } from "../models/unet.ts";
import { levelSizes } from "../models/unet-tracing.ts";
import { lincomb, scaled } from "../tensor/lincomb.ts";
import { resized } from "../tensor/resize.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import type { PromptWord } from "../tokenizers/prompt-words.ts";
import type { Watch } from "./guided-network.ts";

/** Where one word is looked at. */
export interface WordHeat {
  readonly word: string;
  /** Share of attention at each place of the latents [1,1,h,w], 0 to 1. */
  readonly heat: Tensor;
}

/** The heat of every word of the prompt over some of the steps. */
export interface AttentionMaps {
  /** The steps, from 1. */
  readonly steps: readonly number[];
  readonly words: readonly WordHeat[];
}

/** Watches one pass, and tells what it has seen. */
export interface WordAttention extends Watch {
  /** For all steps together, or each of the `steps` that were asked for. */
  result(): readonly AttentionMaps[];
}

/** A watcher of a pass over the noise levels `sigmas`, whose latents are [1,C,h,w]; with `steps`, of these alone, each on its own. */
export function wordAttention(
  config: UNetConfig,
  {
    words,
    sigmas,
    latentDims,
    steps,
  }: {
    readonly words: readonly PromptWord[];
    readonly sigmas: readonly number[];
    readonly latentDims: readonly number[];
    readonly steps: readonly number[] | undefined;
  },
): WordAttention {
  const count = sigmas.length - 1;
  const outside = steps?.find((step) => step > count);
  if (outside !== undefined)
    throw new RangeError(`Cannot tell the attention of step ${outside}: the run has ${count} steps`);
  const [, , height, width] = latentDims;
  const sizes = levelSizes(config, { height, width });
  const layers = attentionLayers(config);
  const names = [...layers.keys()].map((level) => `attention.${level}`);
  const total = [...layers.values()].reduce((a, b) => a + b, 0);
  const seen = new Map<number, { sum: Float32Array[]; evaluations: number }>();
  const stepAt = (sigma: number) =>
    Math.max(
      sigmas.findLastIndex((level) => level >= sigma),
      0,
    ) + 1;
  const isWanted = (step: number) => steps === undefined || steps.includes(step);

  return {
    maps: (sigma) => (isWanted(stepAt(sigma)) ? names : []),
    tell(maps, sigma) {
      const step = stepAt(sigma);
      const heats = words.map(({ tokens }) => {
        let heat: Float32Array = new Float32Array(height * width);
        for (const level of layers.keys()) {
          const places = meanOverTokens(maps[`attention.${level}`], tokens, sizes[level]);
          const { data } = resized(places, { height, width, mode: "bicubic" });
          // Bicubic curves can swing below zero.
          heat = lincomb([1, heat], [1 / total, data.map((value) => Math.max(value, 0))]);
        }
        return heat;
      });
      const before = seen.get(step);
      seen.set(step, {
        sum: before === undefined ? heats : before.sum.map((sum, i) => lincomb([1, sum], [1, heats[i]])),
        evaluations: (before?.evaluations ?? 0) + 1,
      });
    },
    result() {
      const done = [...seen.keys()].sort((a, b) => a - b);
      const groups = steps === undefined ? [done] : done.map((step) => [step]);
      return groups.map((group) => {
        const parts = group.map((step) => seen.get(step)!);
        const evaluations = parts.reduce((sum, part) => sum + part.evaluations, 0);
        return {
          steps: group,
          words: words.map(({ text }, i) => {
            const sum = parts.map((part) => part.sum[i]).reduce((a, b) => lincomb([1, a], [1, b]));
            return { word: text, heat: tensor([1, 1, height, width], scaled(sum, 1 / evaluations)) };
          }),
        };
      });
    },
  };
}

/** How many cross-attentions each level has that has any, down, in the middle and up. */
function attentionLayers({ levels, middle }: UNetConfig): ReadonlyMap<number, number> {
  const counts = levels.map(({ resnets, transformer }, i) => {
    const inMiddle = i === levels.length - 1 ? (middle?.blocks ?? 0) : 0;
    return (transformer === undefined ? 0 : (2 * resnets + 1) * transformer.blocks) + inMiddle;
  });
  return new Map(counts.flatMap((count, level) => (count === 0 ? [] : [[level, count] as const])));
}

/** [1,hw,T] and some of its tokens → [1,1,h,w]. */
function meanOverTokens(
  { dims: [, places, count], data }: Tensor,
  tokens: readonly number[],
  { height, width }: { readonly height: number; readonly width: number },
): Tensor {
  const heat = new Float32Array(places);
  for (let i = 0; i < places; i++) {
    for (const token of tokens) heat[i] += data[i * count + token] / tokens.length;
  }
  return tensor([1, 1, height, width], heat);
}
