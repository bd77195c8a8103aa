// What another program's note on a picture amounts to here: options, and in words all that none of them says.

import { generateOptions } from "../pipelines/options.ts";
import type { GenerateOptions } from "../pipelines/options.ts";
import type { FoundControl, FoundIpAdapter } from "./control-fields.ts";

/** A model as another program names it. */
export interface FoundModel {
  readonly name?: string;
  /** A1111's: the first 10 digits of the file's SHA-256, or 8 of the older kind. */
  readonly hash?: string;
}

/** Settings read from a picture. */
export interface FoundSettings {
  /** The program that wrote them. */
  readonly software: string;
  /** All valid one by one, the prompt always among them. */
  readonly options: Partial<GenerateOptions> & Pick<GenerateOptions, "prompt">;
  readonly model?: FoundModel;
  readonly refiner?: FoundModel;
  /** The picture it started from and the mask, in words: the note does not hold them. */
  readonly init?: string;
  readonly mask?: string;
  /** Controls by their number, without the paths of their networks and pictures. */
  readonly controls?: readonly FoundControl[];
  /** IP-Adapters by their number, likewise. */
  readonly ipAdapters?: readonly FoundIpAdapter[];
  /** LoRAs and hypernetworks, as tags: "<lora:name:1>", "<lora:name:text encoder:UNet>". */
  readonly networks: readonly string[];
  /** A1111's hashes of LoRA files, by name. */
  readonly loraHashes?: Readonly<Record<string, string>>;
  /** What the options cannot say, in words: "Face restoration: GFPGAN". */
  readonly notReproduced: readonly string[];
}

/** The same while it is gathered, with options as they were found. */
export interface SettingsDraft {
  options: Record<string, unknown>;
  model?: FoundModel;
  refiner?: FoundModel;
  init?: string;
  mask?: string;
  controls?: FoundControl[];
  ipAdapters?: FoundIpAdapter[];
  loraHashes?: Readonly<Record<string, string>>;
  readonly networks: string[];
  readonly notReproduced: string[];
}

/** A draft with nothing in it yet. */
export const emptyDraft = (): SettingsDraft => ({ options: {}, networks: [], notReproduced: [] });

/** The settings in `draft`: options that are out of range are told instead of taken. */
export function settingsOf(
  software: string,
  { options, networks, notReproduced, ...others }: SettingsDraft,
): FoundSettings {
  const refused: string[] = [];
  const taken: Record<string, unknown> = {};
  const schemas: Readonly<Record<string, { safeParse(value: unknown): { success: boolean } }>> = generateOptions.shape;
  for (const [name, value] of Object.entries({ prompt: "", ...options })) {
    if (value === undefined) continue;
    if (schemas[name].safeParse(value).success) taken[name] = value;
    else refused.push(`${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
  }
  // Without what they belong to, these would be refused together.
  for (const [needed, names] of Object.entries(dependents)) {
    if (taken[needed]) continue;
    for (const name of names.filter((one) => taken[one] !== undefined)) {
      refused.push(`${name}: ${JSON.stringify(taken[name])}`);
      delete taken[name];
    }
  }
  return {
    software,
    options: { prompt: "", ...taken } as FoundSettings["options"],
    ...others,
    networks: [...new Set(networks)],
    notReproduced: [...new Set([...notReproduced, ...refused])],
  };
}

const dependents: Readonly<Record<string, readonly (keyof GenerateOptions)[]>> = {
  hiresScale: [
    "hiresUpscaler",
    "hiresSteps",
    "hiresStrength",
    "hiresSampler",
    "hiresSchedule",
    "hiresPrompt",
    "hiresNegativePrompt",
    "hiresGuidanceScale",
  ],
  schedule: ["scheduleSettings"],
  variationStrength: ["variationSeed"],
  promptTo: ["promptBlend"],
};

/** The number that `value` says; NaN, which no option takes, when it says none. */
export function numberIn(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && value.trim() !== "" ? Number(value) : NaN;
}

/** The two numbers of "512x768". */
export function sizeIn(value: string): readonly [width: number, height: number] | undefined {
  const match = /^(\d+) ?[x×] ?(\d+)$/.exec(value.trim());
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}
