import { describe, expect, it } from "vitest";
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
