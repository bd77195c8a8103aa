// What the commands that write LoRAs share: where to, under whose names, in which precision, and how far they are cut.

import { z } from "zod";
import type { CutOptions } from "@noisette/core/adapters/low-rank";
import type { AdapterNaming } from "@noisette/core/adapters/write-adapter";
import { oneOf } from "@noisette/core/util/one-of";
import type { Presentation } from "../flags/flag.ts";
import { UsageError } from "../usage-error.ts";
import { weightTypes } from "./weights-output.ts";

const namings = ["kohya", "peft"] as const satisfies readonly AdapterNaming[];

/** Where a LoRA goes. */
export const loraOutputOptions = z.strictObject({
  out: z.string().min(1).optional().describe("New file (.safetensors)"),
  type: oneOf(weightTypes).default("fp16").describe("Precision"),
});

/** Whose names a LoRA gets. */
export const loraNamesOption = z.strictObject({
  names: z
    .enum(namings)
    .default("kohya")
    .describe("Whose names: kohya's are read by A1111 and ComfyUI, PEFT's by diffusers"),
});

/** How far a LoRA is cut. */
export const loraCutOptions = z.strictObject({
  rank: z.int().min(1).max(1024).optional().describe("Largest rank"),
  keep: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe("Share of each change's energy (squared norm) to keep; the rank is the smallest that does"),
});

/** How all of them show themselves. */
export const loraOutputPresentations: Readonly<Record<string, Presentation>> = {
  out: { group: "Output", short: "o", value: "FILE" },
  type: { group: "Output" },
  names: { group: "Output" },
  rank: { group: "Size", short: "r" },
  keep: { group: "Size" },
};

/** The limits that were written; undefined when nothing is to be cut. */
export function cutOptions({ rank, keep }: { rank?: number; keep?: number }): CutOptions | undefined {
  return rank === undefined && keep === undefined ? undefined : { rank: rank ?? Infinity, keep };
}

/** "path:0.8" as path and weight. */
export function weighedName(word: string): { path: string; weight: number } {
  const [, path, weight] = /^(.+?)(?::([-+]?(?:\d+\.?\d*|\.\d+)))?$/.exec(word) ?? [];
  if (path === undefined) throw new UsageError(`Cannot read "${word}": a file is wanted, or FILE:WEIGHT`);
  return { path, weight: weight === undefined ? 1 : Number(weight) };
}

/** What was cut, for people: ranks, and the share of the changes that is lost. */
export function cutSummary(
  modules: readonly {
    readonly error: number;
    readonly factors: { readonly down: { readonly dims: readonly number[] } };
  }[],
): string {
  const ranks = modules.map(({ factors }) => factors.down.dims[0]);
  const [least, most] = [Math.min(...ranks), Math.max(...ranks)];
  const errors = modules.map(({ error }) => error);
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  const percent = (error: number) => `${(100 * error).toPrecision(2)} %`;
  return `${modules.length} modules of rank ${least === most ? most : `${least} to ${most}`}; ${percent(mean)} of a change is lost on average, ${percent(Math.max(...errors))} at most`;
}
