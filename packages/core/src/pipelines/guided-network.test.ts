import { describe, expect, it } from "vitest";
import { guidance } from "../diffusion/guidance/guidance.ts";
import type { GuidanceChoice } from "../diffusion/guidance/guidance.ts";
import { tensor } from "../tensor/tensor.ts";
import type { Conditions } from "./guided-network.ts";
import { guidedNetwork } from "./guided-network.ts";
import { editConditions } from "./instruct-pix2pix.ts";
import type { Condition, Evaluate } from "./unet-evaluation.ts";

const dims = [1, 2, 3, 3];
const off: GuidanceChoice = {
  method: "cfg",
  settings: {},
  scale: 3,
  rescale: 0,
  perturbedScale: 0,
  degradedScale: 0,
  channels: 2,
};
/** A condition that a linear network answers with `value`·x. */
const condition = (value: number): Condition => ({
  context: tensor([1, 1, 1], Float32Array.of(value)),
  pooled: undefined,
  timeIds: undefined,
});

function counting(): { evaluate: Evaluate; calls: number[][] } {
  const calls: number[][] = [];
  const evaluate: Evaluate = async (latents, _, conditions) => {
    calls.push(conditions.map(({ context }) => context.data[0]));
    return conditions.map(({ context, perturbed }) => ({
      out: latents.data.map((value) => value * (context.data[0] + (perturbed ? 10 : 0))),
      maps: { selfAttention: tensor([1, 1], Float32Array.of(2)) },
    }));
  };
  return { evaluate, calls };
}

const x = Float32Array.from({ length: 18 }, (_, i) => i / 18 - 0.4);
const all: Conditions = { cond: condition(1), uncond: condition(2), empty: condition(3) };
const run = async (choice: Partial<GuidanceChoice>, conditions: Conditions = all, sigmas: readonly number[] = [1]) => {
  const { evaluate, calls } = counting();
  const network = guidedNetwork(evaluate, dims, {
    conditions,
    guidance: guidance({ ...off, ...choice }),
    prediction: "epsilon",
    ...(choice.degradedScale && { selfAttention: () => tensor([1, 1, 1], Float32Array.of(2)) }),
  });
  const results: Float32Array[] = [];
  for (const sigma of sigmas) results.push(await network(x, 500, sigma));
  return { calls, results, network };
};

describe("guidedNetwork()", () => {
  it("evaluates both halves and nothing else when nothing else is asked for", async () => {
    const { calls, results } = await run({});
    expect(calls).toEqual([[2, 1]]);
    results[0].forEach((value, i) => expect(value).toBeCloseTo(x[i] * (2 + 3 * (1 - 2)), 6));
  });

  it("saves the negative half where guidance rests, and gives the prompt's prediction there", async () => {
    const { calls, results, network } = await run({ sigmas: [1, 5] }, all, [9, 3, 0.5]);
    expect(calls).toEqual([[1], [2, 1], [1]]);
    expect(results[0]).toEqual(x);
    expect(network.unconditional!()).toEqual(x);
  });

  it("evaluates the negative half every second time below the level it alternates at", async () => {
    expect((await run({ alternateBelow: 4 }, all, [9, 3, 2, 1])).calls).toEqual([[2, 1], [2, 1], [1], [2, 1]]);
  });

  it("evaluates the empty prompt for perp_neg, and perturbed attention, where they are asked for", async () => {
    expect((await run({ method: "perp_neg" })).calls).toEqual([[2, 3, 1]]);
    const perturbed = { ...condition(1), perturbed: true };
    const { calls, results } = await run({ perturbedScale: 2 }, { cond: condition(1), perturbed });
    expect(calls).toEqual([[1, 1]]);
    results[0].forEach((value, i) => expect(value).toBeCloseTo(x[i] * (1 + 2 * (1 - 11)), 5));
  });

  it("evaluates a degraded x under the condition it degrades when self-attention guides", async () => {
    expect((await run({ degradedScale: 0.5 })).calls).toEqual([[2, 1], [2]]);
    expect((await run({ degradedScale: 0.5 }, { cond: condition(1) })).calls).toEqual([[1], [1]]);
  });
});

describe("editConditions()", () => {
  it("are instruction and picture, picture alone, and neither", () => {
    const { cond, picture, uncond } = editConditions({ cond: condition(1), uncond: condition(2) }, dims);
    expect(cond!.extraChannels).toBeUndefined();
    expect(picture!.context.data[0]).toBe(2);
    expect(picture!.extraChannels).toBeUndefined();
    expect(uncond!.extraChannels!.dims).toEqual(dims);
    expect(uncond!.extraChannels!.data.every((value) => value === 0)).toBe(true);
  });
});
