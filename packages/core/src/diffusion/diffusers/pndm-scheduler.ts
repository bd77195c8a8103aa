// PNDMScheduler. Its timestep list has an entry per network call; which levels a call moves between follows from the list, a stride of
// ⌊T/n⌋ and the call's number, as in the class itself, rounding included.
import type { PndmCall } from "../samplers/pndm.ts";
import { integerTimesteps } from "./ddpm-family.ts";
import { type ClassPlan, commonDefaults, inRange, type SchedulerClass } from "./run.ts";

/** PNDMScheduler: with its Runge–Kutta warm-up, or PLMS without. */
export const pndmScheduler: SchedulerClass = {
  defaults: { ...commonDefaults, timestep_spacing: "leading", skip_prk_steps: false, set_alpha_to_one: false },
  takes: [],
  plan: (config, run, { sigmas: table }) => {
    const grid = integerTimesteps(config, run);
    const stride = Math.floor(config.num_train_timesteps / grid.length);
    const final = config.set_alpha_to_one ? 0 : table[0];
    const level = (t: number) => (t < 0 ? final : table[t]);
    const move = (t: number, from: number, to: number): Move => ({
      t,
      call: { at: level(t), from: level(from), to: level(to) },
    });

    if (config.skip_prk_steps) {
      // The second timestep is called twice: before and after the first step is taken again with the mean of both predictions.
      const list = inRange(run, grid.length < 2 ? grid : [grid[0], grid[1], ...grid.slice(1)]);
      return planOf(
        "plms",
        config.prediction_type,
        list.map((t, i) => (i === 1 ? move(t, t + stride, t) : move(t, t, t - stride))),
      );
    }
    if (grid.length < 4) {
      throw new RangeError(
        `Cannot plan ${grid.length} steps with PNDM's Runge–Kutta warm-up: 4 or more are wanted, or skip_prk_steps`,
      );
    }
    if (run.begin) {
      throw new RangeError(
        `Cannot begin PNDM's Runge–Kutta warm-up at entry ${run.begin}: 0 is wanted, or skip_prk_steps`,
      );
    }
    const half = Math.floor(stride / 2);
    const warmUp = grid.slice(0, 3).flatMap((t, i) => {
      const [middle, next] = [grid[i + 1] + half, grid[i + 1]];
      return [move(t, t, t - half), move(middle, t, middle), move(middle, t, middle - half), move(next, t, next)];
    });
    return planOf(
      "pndm",
      config.prediction_type,
      inRange(run, [...warmUp, ...grid.slice(3).map((t) => move(t, t, t - stride))]),
    );
  },
};

interface Move {
  readonly t: number;
  readonly call: PndmCall;
}

function planOf(
  sampler: "plms" | "pndm",
  prediction: "epsilon" | "v_prediction" | "sample",
  moves: readonly Move[],
): ClassPlan {
  const calls = moves.map(({ call }) => call);
  return {
    sampler,
    settings: { calls, prediction },
    sigmas: [...calls.map(({ at }) => at), calls[calls.length - 1].to],
    timesteps: moves.map(({ t }) => t),
    form: "variance-preserving",
  };
}
