// A prompt's tree over the steps of a run: which text holds how long. Steps count as AUTOMATIC1111 counts them.

import type { PromptNode } from "./grammar.ts";
import type { PlacedText } from "./placed-text.ts";
import { joinPlaced } from "./placed-text.ts";

/** The steps of the pass that a schedule is for. */
export interface PassSteps {
  readonly steps: number;
  /**
   * Steps of the passes before it, for the second pass of a hires fix: whole numbers go on counting after them, and
   * fractions run from 1 to 2.
   */
  readonly before?: number;
}

/** A text and the last step (from 1) at which it holds. */
export interface PromptStage {
  readonly until: number;
  readonly text: PlacedText;
}

/** The texts of a prompt in their order; the last one's `until` is the number of steps. */
export function promptSchedule(nodes: readonly PromptNode[], pass: PassSteps): readonly PromptStage[] {
  const ends = new Set([pass.steps]);
  collectEnds(nodes, pass, ends);
  return [...ends].sort((a, b) => a - b).map((until) => ({ until, text: textAt(nodes, pass, until) }));
}

function collectEnds(nodes: readonly PromptNode[], pass: PassSteps, ends: Set<number>): void {
  for (const node of nodes) {
    if (node.kind === "scheduled") {
      const step = stepOf(node.when.text, pass);
      if (step >= 1) ends.add(step);
      collectEnds(node.before ?? [], pass, ends);
      collectEnds(node.after, pass, ends);
    } else if (node.kind === "alternating") {
      for (let step = 1; step <= pass.steps; step++) ends.add(step);
      for (const option of node.options) collectEnds(option, pass, ends);
    }
  }
}

/** The text at `step`, from 1. */
function textAt(nodes: readonly PromptNode[], pass: PassSteps, step: number): PlacedText {
  return joinPlaced(
    nodes.map((node) => {
      switch (node.kind) {
        case "text":
          return node.text;
        case "scheduled":
          return textAt(step <= stepOf(node.when.text, pass) ? (node.before ?? []) : node.after, pass, step);
        case "alternating":
          return textAt(node.options[(step - 1) % node.options.length], pass, step);
      }
    }),
  );
}

/** The step that a written number means: with a point a part of the run, else a step; no later than the last. */
function stepOf(when: string, { steps, before }: PassSteps): number {
  const number = Number(when);
  const step = when.includes(".") ? (number - (before === undefined ? 0 : 1)) * steps : number - (before ?? 0);
  return Math.min(steps, Math.trunc(step));
}
