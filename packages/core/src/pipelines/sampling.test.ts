import { describe, expect, it } from "vitest";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import { parseOptions } from "./options.ts";
import { planSampling } from "./sampling.ts";

const base = { beta_start: 0.00085, beta_end: 0.012, beta_schedule: "scaled_linear", steps_offset: 1 };
const planned = (scheduler: object, options: object, steps: number) =>
  planSampling(
    { scheduler: { ...base, ...scheduler }, prediction: "epsilon" },
    { ...parseOptions({ prompt: "", ...options }), steps },
    { fromPicture: true },
  );
const ddim = { _class_name: "DDIMScheduler" };
const pndm = { _class_name: "PNDMScheduler", skip_prk_steps: true };

describe("planSampling()", () => {
  it("planSampling() leaves diffusers' steps for a strength, also where a class calls a step twice", () => {
    expect(planned(ddim, { strength: 0.6 }, 8).steps).toBe(4);
    expect(planned(pndm, { strength: 0.6 }, 8).steps).toBe(5);
    expect(planned(pndm, { strength: 0.5 }, 8).steps).toBe(5);
    expect(planned(pndm, { strength: 1 }, 8).steps).toBe(9);
    expect(planned({ _class_name: "HeunDiscreteScheduler" }, { strength: 0.5 }, 7).steps).toBe(3);
  });

  it("planSampling() leaves A1111's steps when asked: one more than the strength says, never more than there are", () => {
    const steps = (strength: number, count: number) =>
      planned(ddim, { strength, strengthSteps: "a1111", sampler: "euler" }, count).steps;
    // t_enc = ⌊min(strength, 0.999)·steps⌋ of which t_enc + 1 are done.
    expect([steps(0.5, 20), steps(0.75, 20), steps(1, 20), steps(0.01, 20)]).toEqual([11, 16, 20, 1]);
  });

  it("planSampling() does all steps asked for when the rule is exact, on a schedule that is as much longer", () => {
    const { plan, steps } = planned(ddim, { strength: 0.5, strengthSteps: "exact", sampler: "euler" }, 20);
    const whole = planned(ddim, { strength: 1, sampler: "euler" }, 40).plan;
    expect(steps).toBe(20);
    expect(plan.sigmas).toEqual(whole.sigmas.slice(20));
    expect(planned(ddim, { strength: 0.7, strengthSteps: "exact", sampler: "euler" }, 5).steps).toBe(5);
  });

  it("planSampling() throws when strength leaves no step", () => {
    expect(() => planned(ddim, { strength: 0.1 }, 8)).toThrow(
      "Cannot generate from a picture: strength 0.1 of 8 steps is none (a larger strength or more steps are wanted)",
    );
  });

  it("planSampling() takes the noise asked for, also by the checkpoint's own scheduler", () => {
    const sde = { _class_name: "DPMSolverMultistepScheduler", algorithm_type: "sde-dpmsolver++" };
    expect(planned(sde, {}, 10).plan.noise).toBeUndefined();
    expect(planned(sde, { noise: "brownian" }, 10).plan.noise).toBe("brownian");
    expect(() => planned(ddim, { noise: "brownian" }, 10)).toThrow(
      /^Cannot plan ddim with Brownian noise: it draws no/,
    );
    expect(planned(ddim, { sampler: "dpmpp_sde", noise: "independent" }, 10).plan.noise).toBeUndefined();
  });

  it("planSampling() makes the same picture along one Brownian path, the closer the more steps there are", async () => {
    const length = 64;
    const s = 0.7; // of the data, a Gaussian around 0 whose ε = x·σ/(s² + σ²) is known
    const start = new TorchGenerator(3).randn(length);
    const picture = (steps: number, noise: "brownian" | "independent") => {
      const options = { sampler: "dpmpp_2m_sde", schedule: "karras", noise, strength: 1 };
      const sampling = planned(ddim, options, steps);
      const draws = new TorchGenerator(4);
      let calls = 0;
      const evaluate = async (input: Float32Array) => {
        const sigma = sampling.plan.sigmas[calls++];
        return input.map((value) => (value * Math.sqrt(1 + sigma ** 2) * sigma) / (s ** 2 + sigma ** 2));
      };
      return sampling.sample(Object.assign(evaluate, { unconditional: undefined }) as never, {
        start: { kind: "noise", noise: start },
        noise: () => draws.randn(length),
      });
    };
    const rms = (a: Float32Array, b: Float32Array) =>
      Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / length);
    const finest = await picture(160, "brownian");
    const [far, near] = [rms(await picture(20, "brownian"), finest), rms(await picture(80, "brownian"), finest)];
    expect(near).toBeLessThan(far / 2);
    expect(near).toBeLessThan(rms(await picture(80, "independent"), finest) / 4);
    expect(await picture(20, "brownian")).toEqual(await picture(20, "brownian"));
  });

  it("planSampling() hands the settings of a schedule on, and wants the schedule with them", () => {
    const settings = { scheduleSettings: { coefficient: 1.5 }, sampler: "euler", strength: 1 };
    expect(planned(ddim, { ...settings, schedule: "gits" }, 2).plan.sigmas[1]).toBeCloseTo(0.54755926, 8);
    expect(() => planned(ddim, settings, 2)).toThrow(
      "Cannot plan a run with scheduleSettings alone (schedule is wanted with them)",
    );
    expect(() => planned(ddim, { ...settings, schedule: "karras" }, 2)).toThrow(
      'Cannot set "coefficient" for karras: it reads rho',
    );
  });

  it("planSampling() steps as distilled models are published to when their scheduler configs say so", () => {
    const timesteps = (scheduler: object, steps: number) =>
      planSampling(
        { scheduler: { ...base, steps_offset: 0, ...scheduler }, prediction: "epsilon" },
        { ...parseOptions({ prompt: "" }), steps },
        { fromPicture: false },
      ).plan.timesteps;
    const turbo = { _class_name: "EulerDiscreteScheduler", timestep_spacing: "trailing" };
    expect(timesteps(turbo, 1)).toEqual([999]);
    expect(timesteps(turbo, 4)).toEqual([999, 749, 499, 249]);
    expect(timesteps({ _class_name: "LCMScheduler", original_inference_steps: 50 }, 4)).toEqual([999, 759, 499, 259]);
  });
});
