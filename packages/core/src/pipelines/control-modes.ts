// How much of a control each level and each half of guidance takes, and in which part of a run it acts.

/** Who leads where the prompt and the control pull apart. */
export interface ControlMode {
  /** What A1111's extension calls it, where it has it. */
  readonly a1111?: string;
  /** Factors of a ControlNet's `count` outputs, from the first skip to the middle. */
  readonly controlNet: (count: number) => readonly number[];
  /** Factors of a T2I-Adapter's features by level; a mode without them is not for adapters. */
  readonly adapter?: readonly [number, number, number, number];
  /** The negative prompt's half goes without the control, so that guidance drives towards it too. */
  readonly conditionalOnly: boolean;
}

const soft = (count: number) => Array.from({ length: count }, (_, i) => 0.825 ** (count - 1 - i));

/** The modes by the names of the option. */
export const controlModes = {
  balanced: {
    a1111: "Balanced",
    controlNet: (count) => new Array<number>(count).fill(1),
    adapter: [1, 1, 1, 1],
    conditionalOnly: false,
  },
  /** Less of it the finer the level: 0.825¹² at the first of SD's 13 outputs is less than 0.1. */
  prompt: {
    a1111: "My prompt is more important",
    controlNet: soft,
    adapter: [0.25, 0.62, 0.825, 1],
    conditionalOnly: false,
  },
  /** The original guess mode (lllyasviel's ControlNet 1.0): the same factors, and for the prompt's half alone. */
  control: {
    a1111: "ControlNet is more important",
    controlNet: soft,
    adapter: [0.25, 0.62, 0.825, 1],
    conditionalOnly: true,
  },
  /** diffusers' guess_mode: from 0.1 to 1, evenly in the logarithm. */
  guess: {
    controlNet: (count) => Array.from({ length: count }, (_, i) => 10 ** (i / (count - 1) - 1)),
    conditionalOnly: true,
  },
} satisfies Record<string, ControlMode>;

/** A name of `controlModes`. */
export type ControlModeId = keyof typeof controlModes;

/**
 * Whether a control acts where the network is told `timestep`, in a run over `timesteps`: step i of n does where start ≤ i/n and
 * (i+1)/n ≤ end, as in diffusers. Timesteps between two steps belong to the earlier one.
 */
export function actsAt(
  timesteps: readonly number[],
  { start, end }: { readonly start: number; readonly end: number },
): (timestep: number) => boolean {
  const steps = timesteps.length;
  return (timestep) => {
    const later = timesteps.findIndex((one) => one < timestep - 1e-3);
    const step = Math.max(later < 0 ? steps - 1 : later - 1, 0);
    return step / steps >= start && (step + 1) / steps <= end;
  };
}
