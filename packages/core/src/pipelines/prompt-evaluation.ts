// Evaluations under prompts that change with the steps or join several by AND (composable diffusion, arXiv 2206.01714).

import { lincomb } from "../tensor/lincomb.ts";
import { statesAt } from "./prompt-conditions.ts";
import type { Condition, Evaluate, UNetResult } from "./unet-evaluation.ts";

/** Which evaluation it is. */
export interface PromptCall {
  /** Calls of the guided network before this one. */
  readonly call: number;
  /** Which of the conditions AND's parts are held against, -1 for none. */
  readonly against: number;
}

/** `evaluate` at one call: each condition by the text it has there, AND's parts as the one prediction they make. */
export function promptEvaluation(evaluate: Evaluate, { call, against }: PromptCall): Evaluate {
  return async (latents, timestep, conditions, maps) => {
    const parts = conditions.map(({ prompt, ...condition }): readonly (Condition & { readonly weight: number })[] =>
      prompt === undefined
        ? [{ ...condition, weight: 1 }]
        : prompt.parts.map((part) => ({ ...condition, ...statesAt(part, call), weight: part.weight })),
    );
    const results = await evaluate(latents, timestep, parts.flat(), maps);
    let next = 0;
    const byCondition = parts.map((own) => own.map(({ weight }) => ({ weight, ...results[next++] })));
    const base = byCondition[against]?.[0].out;
    return byCondition.map((own): UNetResult => {
      const [{ out, weight, maps: told }] = own;
      return own.length === 1 && weight === 1 ? { out, maps: told } : { out: composed(own, base), maps: told };
    });
  };
}

/**
 * ε∅ + Σ wᵢ·(εᵢ − ε∅): guided by w, this is the sum of the parts' own guidances, each by w·wᵢ. Without ε∅, where guidance
 * rests, the parts' mean by weight.
 */
function composed(
  parts: readonly { readonly weight: number; readonly out: Float32Array }[],
  base: Float32Array | undefined,
): Float32Array {
  const sum = parts.reduce((total, { weight }) => total + weight, 0);
  const terms = parts.map(({ weight, out }) => [weight, out] as const);
  if (base !== undefined) return lincomb([1 - sum, base], ...terms);
  return sum === 0 ? parts[0].out : lincomb(...terms.map(([weight, out]) => [weight / sum, out] as const));
}
