// A written prompt → what to encode and when: comments and tags taken out, AND's parts, the texts over the steps, and the
// weights in each. Which of these mean anything is the syntax's choice.

import type { PromptPiece, WeightedPrompt } from "./attention.ts";
import { a1111Weights, comfyuiWeights } from "./attention.ts";
import { composedParts } from "./composition.ts";
import { parsePrompt } from "./grammar.ts";
import type { NetworkTag } from "./network-tags.ts";
import { networkTags } from "./network-tags.ts";
import type { PlacedText, PromptWarning } from "./placed-text.ts";
import { placed, withoutMatches } from "./placed-text.ts";
import type { PassSteps } from "./schedule.ts";
import { promptSchedule } from "./schedule.ts";

/** What one way of writing prompts knows. */
export interface PromptSyntax {
  readonly summary: string;
  /** Everything from # to the end of a line is a comment. */
  readonly comments: boolean;
  /** <lora:…> and <hypernet:…>. */
  readonly tags: boolean;
  /** AND. */
  readonly composition: boolean;
  /** [from:to:when] and [a|b]. */
  readonly schedules: boolean;
  readonly weights: (prompt: PlacedText) => WeightedPrompt;
  /** Learned concepts are written by their names alone, or as embedding:name. */
  readonly embeddings: "name" | "prefixed";
}

const asWritten = (text: PlacedText): WeightedPrompt => ({ pieces: [{ kind: "text", text, weight: 1 }], warnings: [] });

/** The ways of writing prompts, by id. */
export const promptSyntaxes = {
  a1111: {
    summary: "AUTOMATIC1111's grammar",
    comments: true,
    tags: true,
    composition: true,
    schedules: true,
    weights: a1111Weights,
    embeddings: "name",
  },
  comfyui: {
    summary: "ComfyUI's: weights in round brackets",
    comments: false,
    tags: false,
    composition: false,
    schedules: false,
    weights: comfyuiWeights,
    embeddings: "prefixed",
  },
  plain: {
    summary: "every character is text",
    comments: false,
    tags: false,
    composition: false,
    schedules: false,
    weights: asWritten,
    embeddings: "name",
  },
} satisfies Record<string, PromptSyntax>;

/** A syntax's id. */
export type PromptSyntaxId = keyof typeof promptSyntaxes;

/** How to read a prompt. */
export interface ReadPromptOptions extends PassSteps {
  readonly syntax: PromptSyntaxId;
  /** Without them brackets and BREAK are text; schedules stay. */
  readonly weights?: boolean;
  /** A negative prompt has no AND and no tags: they are text there. */
  readonly role?: "positive" | "negative";
}

/** A prompt, read. */
export interface ReadPrompt {
  /** One for each of AND's; at least one. */
  readonly parts: readonly PromptPart[];
  readonly networks: readonly NetworkTag[];
  readonly warnings: readonly PromptWarning[];
}

/** One of the prompts that AND joins, over the steps. */
export interface PromptPart {
  readonly weight: number;
  readonly stages: readonly { readonly until: number; readonly pieces: readonly PromptPiece[] }[];
}

/** Reads `prompt`. Never throws: any string is a prompt, and what is odd about it is in `warnings`. */
export function readPrompt(
  prompt: string,
  { syntax: id, weights = true, role = "positive", ...pass }: ReadPromptOptions,
): ReadPrompt {
  const syntax: PromptSyntax = promptSyntaxes[id];
  const uncommented = syntax.comments ? withoutMatches(placed(prompt), /#[^\n]*/g) : placed(prompt);
  const tagged =
    syntax.tags && role === "positive" ? networkTags(uncommented) : { text: uncommented, networks: [], warnings: [] };
  const composed =
    syntax.composition && role === "positive" ? composedParts(tagged.text) : [{ text: tagged.text, weight: 1 }];
  const warnings = new Map<string, PromptWarning>();
  for (const warning of tagged.warnings) warnings.set(JSON.stringify(warning), warning);
  const parts = composed.map(({ text, weight }) => {
    const stages = syntax.schedules ? promptSchedule(parsePrompt(text), pass) : [{ until: pass.steps, text }];
    return {
      weight,
      stages: stages.map(({ until, text }) => {
        const weighted = weights ? syntax.weights(text) : asWritten(text);
        // Every stage has the same brackets to complain of.
        for (const warning of weighted.warnings) warnings.set(JSON.stringify(warning), warning);
        return { until, pieces: weighted.pieces };
      }),
    };
  });
  return {
    parts,
    networks: tagged.networks,
    warnings: [...warnings.values()].sort((a, b) => a.start - b.start),
  };
}
