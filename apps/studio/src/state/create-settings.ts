// What the Create screen would ask for. A setting that is undefined is the model's own.

import type { JobRequest } from "@noisette/server/schema/job-request";
import { stored } from "./stored.ts";

/** A request for pictures, as clients write it. */
export type GenerateRequest = Extract<JobRequest, { task: "generate" }>;
/** Its options. */
export type Options = GenerateRequest["options"];

/** The settings of the form. */
export interface CreateSettings {
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly model?: string;
  readonly sampler?: string;
  readonly schedule?: string;
  readonly steps?: number;
  readonly guidanceScale?: number;
  readonly width?: number;
  readonly height?: number;
  readonly seed?: number;
  readonly count: number;
  /** Show the pictures while they are denoised, which takes a decoding each time. */
  readonly previews: boolean;
  /** Options that have no place of their own in the form. */
  readonly more: Readonly<Record<string, unknown>>;
}

const initial: CreateSettings = { prompt: "", negativePrompt: "", count: 4, previews: true, more: {} };

const isSettings = (value: unknown): value is CreateSettings =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as CreateSettings).prompt === "string" &&
  typeof (value as CreateSettings).negativePrompt === "string" &&
  typeof (value as CreateSettings).count === "number" &&
  typeof (value as CreateSettings).previews === "boolean" &&
  typeof (value as CreateSettings).more === "object";

/** The settings. */
export const createSettings = stored<CreateSettings>("create", initial, isSettings);

/** Changes some of them. */
export function changeSettings(change: Partial<CreateSettings>): void {
  createSettings.value = { ...createSettings.value, ...change };
}

/** Puts an option that has no place in the form, or takes it away (undefined). */
export function changeMore(name: string, value: unknown): void {
  const { [name]: _, ...rest } = createSettings.value.more;
  changeSettings({ more: value === undefined ? rest : { ...rest, [name]: value } });
}

/** Options of the form. */
const formOptions = [
  "negativePrompt",
  "sampler",
  "schedule",
  "steps",
  "guidanceScale",
  "width",
  "height",
  "seed",
] as const satisfies readonly (keyof CreateSettings & keyof Options)[];

/** Names of the options that the form has fields for; all others go to `more`. */
export const optionsInForm: ReadonlySet<string> = new Set(["prompt", "count", ...formOptions]);

/**
 * Puts `options` of a picture into the form, all others back to the model's own. What the form has no place for goes to
 * `more`, options that are at their `defaults` aside.
 */
export function takeOptions(
  options: Readonly<Record<string, unknown>>,
  { model, defaults }: { model?: string; defaults: Readonly<Record<string, unknown>> },
): void {
  const more = Object.entries(options).filter(
    ([name, value]) => !optionsInForm.has(name) && value !== undefined && !isEqual(value, defaults[name]),
  );
  const taken = Object.fromEntries(
    formOptions.map((name) => [name, options[name] === "" ? undefined : options[name]]),
  ) as Partial<CreateSettings>;
  createSettings.value = {
    ...initial,
    ...taken,
    prompt: textOf(options.prompt),
    negativePrompt: textOf(options.negativePrompt),
    count: typeof options.count === "number" ? options.count : 1,
    model: model ?? createSettings.value.model,
    previews: createSettings.value.previews,
    more: Object.fromEntries(more),
  };
}

const textOf = (prompt: unknown): string =>
  Array.isArray(prompt) ? String(prompt[0] ?? "") : typeof prompt === "string" ? prompt : "";
const isEqual = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

// A decoding may take as long as a step: often enough to see what becomes of it, seldom enough to cost little.
const stepsBetweenPreviews = 4;

/** The request that the settings are. */
export function requestOf({ model, more, prompt, count, previews, ...settings }: CreateSettings): GenerateRequest {
  const options: Record<string, unknown> = { ...more, prompt, count };
  for (const name of formOptions)
    if (settings[name] !== undefined && settings[name] !== "") options[name] = settings[name];
  return {
    task: "generate",
    ...(model !== undefined && { model }),
    options: options as Options,
    previewEvery: previews ? stepsBetweenPreviews : 0,
  };
}
