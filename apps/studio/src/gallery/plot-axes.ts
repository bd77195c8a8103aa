// Axes of a plot: what changes along each, and how its values are written.

import type { CreateSettings } from "../state/create-settings.ts";

/** What one value of an axis changes. */
export type AxisChange = (settings: CreateSettings) => CreateSettings;

/** A kind of axis. */
export interface AxisKind {
  readonly id: "seed" | "steps" | "guidanceScale" | "sampler" | "schedule" | "model" | "prompt";
  readonly example: string;
  /** The change that the text of one value means; undefined where it means none. */
  readonly read: (value: string, all: readonly string[]) => AxisChange | undefined;
}

const number =
  (name: "seed" | "steps" | "guidanceScale"): AxisKind["read"] =>
  (value) => {
    const read = Number(value);
    return value === "" || !Number.isFinite(read) ? undefined : (settings) => ({ ...settings, [name]: read });
  };
const name =
  (name: "sampler" | "schedule" | "model"): AxisKind["read"] =>
  (value) =>
    value === "" ? undefined : (settings) => ({ ...settings, [name]: value });

/** The kinds. */
export const axisKinds: readonly AxisKind[] = [
  { id: "seed", example: "1, 2, 3", read: number("seed") },
  { id: "steps", example: "10, 20, 40", read: number("steps") },
  { id: "guidanceScale", example: "3, 5, 7.5", read: number("guidanceScale") },
  { id: "sampler", example: "euler, dpmpp_2m, ddim", read: name("sampler") },
  { id: "schedule", example: "normal, karras", read: name("schedule") },
  { id: "model", example: "", read: name("model") },
  {
    id: "prompt",
    example: "fox, owl, cat",
    // The first value stands in the prompt already: the others take its place.
    read: (value, [first]) =>
      value === ""
        ? undefined
        : (settings) => ({ ...settings, prompt: settings.prompt.replaceAll(first, () => value) }),
  },
];

/** An axis as it was written. */
export interface WrittenAxis {
  readonly kind: AxisKind["id"] | "";
  readonly values: string;
}

/** One value of an axis, read. */
export interface AxisValue {
  readonly label: string;
  readonly change: AxisChange;
}

const nothing: readonly AxisValue[] = [{ label: "", change: (settings) => settings }];

/** The values of an axis; one that changes nothing where there is no axis. Throws RangeError on a value that means nothing. */
export function axisValues({ kind, values }: WrittenAxis): readonly AxisValue[] {
  if (kind === "") return nothing;
  const { read } = axisKinds.find(({ id }) => id === kind)!;
  const written = splitValues(values);
  return written.map((label) => {
    const change = read(label, written);
    if (change === undefined) throw new RangeError(`Cannot plot ${kind}: "${label}" is no value of it`);
    return { label, change };
  });
}

/** "a, b" → a and b; double quotes keep commas in a value. */
function splitValues(text: string): readonly string[] {
  return [...text.matchAll(/\s*(?:"([^"]*)"|([^,]+))\s*(?:,|$)/g)].map(([, quoted, plain]) => quoted ?? plain.trim());
}
