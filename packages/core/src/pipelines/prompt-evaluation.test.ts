import { describe, expect, test } from "vitest";
import { tensor } from "../tensor/tensor.ts";
import type { PromptStates } from "./prompt-conditions.ts";
import { statesAt } from "./prompt-conditions.ts";
import { promptEvaluation } from "./prompt-evaluation.ts";
import type { Condition, Evaluate } from "./unet-evaluation.ts";

const states = (value: number) => ({ context: tensor([1, 1, 1], Float32Array.of(value)), pooled: undefined });
const condition = (value: number, prompt?: PromptStates): Condition => ({
  ...states(value),
  timeIds: undefined,
  prompt,
});
const part = (weight: number, ...stages: [until: number, value: number][]) => ({
  weight,
  stages: stages.map(([until, value]) => ({ until, states: states(value) })),
});
// A network that predicts its context.
const evaluate: Evaluate = async (_latents, _timestep, conditions) =>
  conditions.map(({ context }) => ({ out: context.data, maps: {} }));
const run = async (conditions: Condition[], call = 0, against = 0) => {
  const results = await promptEvaluation(evaluate, { call, against })(tensor([1]), 0, conditions);
  return results.map(({ out }) => out[0]);
};

describe("promptEvaluation()", () => {
  test("promptEvaluation() is the sum of the parts' own directions when AND joins them", async () => {
    const composed = condition(0, { parts: [part(1, [9, 5]), part(0.5, [9, 8]), part(-1, [9, 3])] });
    // 2 + 1·(5 − 2) + 0.5·(8 − 2) − 1·(3 − 2)
    expect(await run([condition(2), composed])).toEqual([2, 7]);
  });

  test("promptEvaluation() is the parts' mean when there is nothing to hold them against", async () => {
    const composed = condition(0, { parts: [part(3, [9, 5]), part(1, [9, 9])] });
    expect(await run([composed], 0, -1)).toEqual([6]);
  });

  test("promptEvaluation() changes prompts with the calls, on both sides", async () => {
    const changing = (a: number, b: number) => condition(a, { parts: [part(1, [2, a], [5, b])] });
    const seen = [];
    for (let call = 0; call < 7; call++) seen.push(await run([changing(1, 2), changing(3, 4)], call));
    // A text until step 2 holds in calls 0, 1 and 2; the last one stays.
    expect(seen).toEqual([
      [1, 3],
      [1, 3],
      [1, 3],
      [2, 4],
      [2, 4],
      [2, 4],
      [2, 4],
    ]);
  });
});

describe("statesAt()", () => {
  test("statesAt() is the first text that still holds", () => {
    const changing = part(1, [1, 10], [2, 20], [3, 30]);
    expect([0, 1, 2, 3, 4].map((call) => statesAt(changing, call).context.data[0])).toEqual([10, 10, 20, 30, 30]);
  });
});
