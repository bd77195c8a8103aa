import { describe, expect, test } from "vitest";
import { goldenFloats, readGolden } from "../../../../../fixtures/read-golden.ts";
import { toyDenoiser } from "../../../../../fixtures/toy-denoiser.ts";
import { sigmasExponential } from "../schedules/exponential.ts";
import { type SamplerId, type SamplerRow, samplerTable } from "./index.ts";
import type { SamplerSettings } from "./types.ts";

// k-diffusion's own runs on a toy model: x at every step and at the end, with its recorded noise.
const toy = readGolden("samplers/k_diffusion/_toy");
const x0hat = toyDenoiser(toy);
const xInit = goldenFloats(toy, "in.x_init");
const pool = goldenFloats(toy, "in.noise_pool");

const settingOf: Record<string, keyof SamplerSettings> = {
  s_churn: "sChurn",
  s_tmin: "sTmin",
  s_tmax: "sTmax",
  s_noise: "sNoise",
  solver_type: "solverType",
  eta: "eta",
  order: "order",
  r: "r",
  rtol: "relativeTolerance",
};

interface KCase {
  name: string;
  function: string;
  params: Record<string, number | string | boolean | number[]>;
  nfe: number;
  noise_draws: number;
}
const cases = (readGolden("samplers/k_diffusion/cases").json as KCase[])
  .map((one) => ({ ...one, id: one.function.replace("sample_", "") as SamplerId }))
  .filter(({ id }) => id in samplerTable);

// dpm_fast and dpm_adaptive are told the ends of the range (and the number of evaluations) instead of levels.
const ENDS = "args(sigma_min,sigma_max[,n])";

describe("samplers follow k-diffusion", () => {
  test.each(cases)("$id in case $name", async ({ name, id, params, nfe, noise_draws }) => {
    const golden = readGolden(`samplers/k_diffusion/${name}`);
    const { [ENDS]: ends, return_info: _, ...rest } = params;
    const settings = Object.fromEntries(Object.entries(rest).map(([key, value]) => [settingOf[key], value]));
    const [low, high, evaluationsWanted = 1] = (ends as number[] | undefined) ?? [];
    const sigmas = ends
      ? sigmasExponential(evaluationsWanted + 1, { sigmaMin: low, sigmaMax: high })
      : [...goldenFloats(golden, "in.sigmas")];
    let [draws, evaluations] = [0, 0];
    const trajectory: number[] = [];
    const result = await samplerTable[id].sample(
      async (x, sigma) => {
        evaluations++;
        return x0hat(x, 1, sigma ** 2);
      },
      xInit,
      sigmas,
      {
        ...settings,
        noise: () => pool.slice(xInit.length * draws, xInit.length * ++draws),
        onStep: ({ x }) => void trajectory.push(...x),
      },
    );
    trajectory.push(...result);
    if (id === "dpm_adaptive") {
      trajectory.splice(0, xInit.length); // the reference reports x after an attempt, and so the last one twice
      trajectory.push(...result);
    }
    const expected = goldenFloats(golden, "x");
    expect(trajectory.length).toBe(expected.length);
    const errors = trajectory.map((value, i) => Math.abs(value - expected[i]) / Math.max(1, Math.abs(expected[i])));
    expect(Math.max(...errors)).toBeLessThanOrEqual(1e-5); // 2e-4 is allowed: float32 rounding, amplified by the toy
    expect(evaluations).toBe(nfe);
    // Without churn or with η = 0 nothing is drawn here; the references of these draw and throw away.
    const row: SamplerRow = samplerTable[id];
    const drawsNothing =
      (row.settings.includes("sChurn") && !params.s_churn) ||
      (row.settings.includes("eta") && (params.eta === 0 || (row.kind === "ode" && params.eta === undefined)));
    expect(draws).toBe(drawsNothing ? 0 : noise_draws);
  });
});
