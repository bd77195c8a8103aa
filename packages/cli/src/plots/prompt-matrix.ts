// A prompt matrix: "a fox|snow|night" with every choice of what stands behind the first bar, as A1111's script has it.

import type { Axis } from "./axis.ts";

/** The axes of the matrix that `prompt` is: the first half of its parts across, the second down. */
export function promptMatrix(prompt: string): { base: string; x: Axis; y: Axis } {
  const [base, ...parts] = prompt.split("|").map((part) => part.trim());
  const half = Math.ceil(parts.length / 2);
  return { base, x: choices(parts.slice(0, half)), y: choices(parts.slice(half)) };
}

/** Every choice among `parts`, in the order of binary numbers: none, the first, the second, both … */
function choices(parts: readonly string[]): Axis {
  return Array.from({ length: 2 ** parts.length }, (_, number) => {
    const chosen = parts.filter((_, i) => (number >> i) & 1);
    return {
      label: parts.length === 0 ? "" : chosen.join(", ") || "–",
      change: ({ prompt }) => ({ options: { prompt: [prompt ?? "", ...chosen].flat().filter(Boolean).join(", ") } }),
    };
  });
}
