import { describe, expect, it, test } from "vitest";
import { betas } from "./betas.ts";
import { discretize } from "./discretization.ts";
import { type ModelDiffusion, planFor } from "./plan.ts";
import { runPlan } from "./run-plan.ts";
import { type SamplerId, samplerTable } from "./samplers/index.ts";
import { scheduleSigmas } from "./schedules/index.ts";

const model: ModelDiffusion = { discretization: discretize(betas()), prediction: "epsilon" };
const ids = Object.keys(samplerTable) as SamplerId[];

describe("planFor", () => {
  const falling = ids.filter((id) => !samplerTable[id].rising);
  test.each(falling)("planFor() takes the table's schedule for %s when none is chosen", (sampler) => {
    const plan = planFor(model, { sampler, steps: 10 });
    expect(plan.sigmas).toEqual(scheduleSigmas(samplerTable[sampler].schedule, 10, model.discretization));
    expect(plan.timesteps[0]).toBeGreaterThan(900);
    expect(plan.initialScale).toBe(plan.sigmas[0]);
  });

  test.each(ids.filter((id) => samplerTable[id].rising))("planFor() turns the schedule round for %s", (sampler) => {
    const { sigmas, timesteps, timestepOf } = planFor(model, { sampler, steps: 10 });
    expect(sigmas.length).toBe(11);
    expect(sigmas.every((sigma, i) => i === 0 || sigma > sigmas[i - 1])).toBe(true);
    const called = samplerTable[sampler].evaluatesAtEnd ? sigmas.slice(1) : sigmas.slice(0, -1);
    expect(timesteps).toEqual(called.map(timestepOf));
    expect(sigmas[0] > 0).toBe(!samplerTable[sampler].evaluatesAtEnd); // log σ must be finite where D is expanded in it
  });

  it("planFor() takes given levels or timesteps instead of a schedule", () => {
    expect(planFor(model, { sampler: "euler", sigmas: [10, 3, 0] }).sigmas).toEqual([10, 3, 0]);
    const plan = planFor(model, { sampler: "euler", timesteps: [900, 400] });
    expect(plan.sigmas).toEqual([model.discretization.sigmas[900], model.discretization.sigmas[400], 0]);
    expect(plan.timesteps).toEqual([900, 400]);
  });

  it("planFor() cuts a part out when begin and end are given", () => {
    const full = planFor(model, { sampler: "dpmpp_2m", steps: 10 });
    const part = planFor(model, { sampler: "dpmpp_2m", steps: 10, begin: 4, end: 8 });
    expect(part.sigmas).toEqual(full.sigmas.slice(4, 9));
    expect(part.timesteps).toEqual(full.timesteps.slice(4, 8));
  });

  it("planFor() throws when the choice does not fit together", () => {
    expect(() => planFor(model, { sampler: "euler" })).toThrow(
      "Cannot plan a run from nothing: one of steps, sigmas, timesteps is wanted",
    );
    expect(() => planFor(model, { sampler: "euler", steps: 3, sigmas: [1, 0] })).toThrow("from steps and sigmas");
    expect(() => planFor(model, { sampler: "euler", sigmas: [1, 0], schedule: "karras" })).toThrow(
      "a schedule (karras) is of no use with sigmas",
    );
    expect(() => planFor(model, { sampler: "euler", sigmas: [1, 2, 0] })).toThrow("falling noise levels are wanted");
    expect(() => planFor(model, { sampler: "euler", steps: 5, begin: 5 })).toThrow("Cannot plan entries 5 to 5");
    expect(() => planFor(model, { sampler: "euler", steps: 5, settings: { eta: 1 } })).toThrow(
      'Cannot set "eta" for euler',
    );
  });

  it("planFor() gives the boundary condition only to a sampler of consistency models", () => {
    expect(planFor(model, { sampler: "lcm", steps: 4 }).boundary).toEqual({ timestepScaling: 10, sigmaData: 0.5 });
    expect(planFor(model, { sampler: "euler", steps: 4 }).boundary).toBeUndefined();
  });
});

describe("planFor with what the model says", () => {
  const { discretization } = model;

  it("planFor() gives tcd the level of ⌊(1−η)·t'⌋ to go to before each noise", () => {
    const plan = planFor(model, { sampler: "tcd", steps: 4, settings: { eta: 0.3 } });
    const next = [759, 499, 259];
    expect(plan.timesteps.map(Math.round)).toEqual([999, ...next]);
    expect(plan.settings.targets).toEqual([...next.map((t) => discretization.sigmas[Math.floor(0.7 * t)]), 0]);
    expect(plan.boundary).toBeUndefined(); // LCM's is not TCD's
  });

  it("planFor() keeps sa_solver's noise to the middle of the timesteps, unless told otherwise", () => {
    const { sTmin, sTmax } = planFor(model, { sampler: "sa_solver", steps: 4 }).settings;
    expect([sTmin, sTmax]).toEqual([discretization.sigmas[200], discretization.sigmas[800]]);
    expect(planFor(model, { sampler: "sa_solver", steps: 4, settings: { sTmin: 0 } }).settings.sTmin).toBe(0);
  });

  it("planFor() passes the schedule's settings on", () => {
    const plan = planFor(model, { sampler: "euler", schedule: "karras", steps: 5, scheduleSettings: { rho: 3 } });
    expect(plan.sigmas).toEqual(scheduleSigmas("karras", 5, discretization, { rho: 3 }));
  });

  it("planFor() plans Brownian noise where the reference has it or it is asked for", () => {
    expect(planFor(model, { sampler: "dpmpp_sde", steps: 4 }).noise).toBe("brownian");
    expect(planFor(model, { sampler: "dpmpp_sde", steps: 4, noise: "independent" }).noise).toBeUndefined();
    expect(planFor(model, { sampler: "dpmpp_2m_sde", steps: 4 }).noise).toBeUndefined();
    expect(planFor(model, { sampler: "dpmpp_2m_sde", steps: 4, noise: "brownian" }).noise).toBe("brownian");
    expect(() => planFor(model, { sampler: "euler", steps: 4, noise: "brownian" })).toThrow(
      /^Cannot plan euler with Brownian noise: it draws no noise \(dpmpp_2m_sde, .*dpmpp_sde.* take a path\)$/,
    );
    expect(() => planFor(model, { sampler: "euler_ancestral", steps: 4, noise: "brownian" })).toThrow(
      "Cannot plan euler_ancestral with Brownian noise: it takes independent draws only",
    );
    expect(() =>
      planFor(model, { sampler: "dpmpp_2m_sde", settings: { eta: 0 }, steps: 4, noise: "brownian" }),
    ).toThrow("it draws no noise");
  });
});

describe("runPlan", () => {
  it("runPlan() makes the unconditional estimate of the unconditional prediction", async () => {
    const plan = planFor(model, { sampler: "euler_cfg_pp", sigmas: [4, 2] });
    let calls = 0;
    const result = await runPlan(plan, async (input) => (calls++, input.map(() => 0.5)), Float32Array.of(5), {
      noise: () => new Float32Array(1),
      unconditional: () => Float32Array.of(1),
    });
    // D = x − σ·½ = 3 and D_u = x − σ = 1: x' = D + σ'/σ·(x − D_u).
    expect(result[0]).toBeCloseTo(3 + (5 - 1) / 2, 6);
    expect(calls).toBe(1);
  });

  it("runPlan() draws Brownian noise from the given seed, or from one that its first draw gives", async () => {
    const plan = planFor(model, { sampler: "dpmpp_sde", steps: 6 });
    const run = async (seed: number | undefined, first: number) => {
      let draws = 0;
      const noise = () => (draws++, Float32Array.of(first, 1));
      const result = await runPlan(plan, async (input) => input, Float32Array.of(14, -14), { noise, noiseSeed: seed });
      return { result: [...result], draws };
    };
    const seeded = await run(3, 0.5);
    expect(seeded.draws).toBe(0);
    expect((await run(3, 0.7)).result).toEqual(seeded.result);
    const drawn = await run(undefined, 0.5);
    expect(drawn.draws).toBe(1);
    expect((await run(undefined, 0.5)).result).toEqual(drawn.result);
    expect((await run(undefined, 0.7)).result).not.toEqual(drawn.result);
  });

  it("runPlan() lets the caller overwrite x before every evaluation", async () => {
    const plan = planFor(model, { sampler: "euler", steps: 5 });
    const seen: number[] = [];
    const result = await runPlan(plan, async (input) => input.map(() => 0), Float32Array.of(1, 1), {
      noise: () => new Float32Array(2),
      beforeEvaluation: (x, sigma) => {
        seen.push(sigma);
        x[0] = 2;
      },
    });
    expect(seen).toEqual(plan.sigmas.slice(0, -1));
    expect([...result]).toEqual([2, 1]); // ε = 0: x stays where it was put
  });

  it("runPlan() hands the predicted variance to ddpm", async () => {
    const plan = planFor({ ...model, learnedVariance: "learned" }, { sampler: "ddpm", sigmas: [2, 1, 0] });
    const result = await runPlan(
      plan,
      async (input) => Float32Array.of(...input.map(() => 0), 0.04, 0),
      Float32Array.of(1, 1),
      {
        noise: () => Float32Array.of(1, 1),
      },
    );
    // ε = 0, so x moves only by the noise: √0.04, scaled from variance-preserving at σ' = 1 to σ-space.
    expect(result[0]).toBeCloseTo(1 + 0.2 * Math.SQRT2, 6);
    expect(result[1]).toBeCloseTo(1, 6);
  });
});
