// One axis of a plot: an option of `noisette generate`, and the values it takes.

import type { GenerateOptions } from "@noisette/core";
import { closestName } from "@noisette/core/safetensors/closest-name";
import type { Flag } from "../flags/flag.ts";
import { isSwitch, readValue } from "../flags/value.ts";
import { UsageError } from "../usage-error.ts";
import { rangeValues, splitValues } from "./values.ts";

/** What one cell of a plot changes: options, or the model. */
export interface Change {
  readonly options?: Partial<GenerateOptions>;
  readonly model?: string;
}

/** A value on an axis. */
export interface AxisValue {
  /** As it stands at the edge of the sheet: "steps: 20". */
  readonly label: string;
  /** What it changes, given what the options are without it. */
  readonly change: (before: Partial<GenerateOptions>) => Change;
}

/** The values along one side. */
export type Axis = readonly AxisValue[];

/** An axis that no single option is. */
type SpecialAxis = (values: readonly string[], written: string) => Axis;

const specialAxes: Readonly<Record<string, SpecialAxis>> = {
  model: (values) => values.map((model) => ({ label: `model: ${lastPart(model)}`, change: () => ({ model }) })),
  "prompt-sr": searchAndReplace,
};

/**
 * The axis that `text` describes: "NAME=VALUES" with the name of a flag among `flags`, "model", or "prompt-sr" (the first value is
 * looked for in the prompt, and replaced by each). Throws UsageError that says what is wrong.
 */
export function readAxis(text: string, side: string, flags: readonly Flag[]): Axis {
  const [, name, written] = /^\s*(?:--)?([\w-]+)\s*=(.*)$/s.exec(text) ?? [];
  if (name === undefined)
    throw new UsageError(`Cannot use --${side} ${JSON.stringify(text)}: NAME=VALUES, as in steps=10,20, is wanted`);
  const values = splitValues(written);
  const special = specialAxes[name];
  if (special !== undefined) return special(values, `--${side} ${JSON.stringify(text)}`);
  const flag = flags.find(({ names }) => names.includes(name));
  if (flag === undefined) {
    const known = [...flags.flatMap(({ names }) => names), ...Object.keys(specialAxes)];
    throw new UsageError(
      `Cannot use --${side} ${JSON.stringify(text)}: no option "${name}" (closest: ${closestName(name, known)})`,
    );
  }
  const isNumber = flag.schema.type === "integer" || flag.schema.type === "number";
  const isWhole = flag.schema.type === "integer";
  return values
    .flatMap((value) => (isNumber ? (rangeValues(value, { isWhole })?.map(String) ?? value) : value))
    .map((value) => {
      const options = { [flag.option]: read(flag, value) };
      return { label: `${flag.names[0]}: ${value}`, change: () => ({ options }) };
    });
}

/** A switch is on or off along an axis. */
function read(flag: Flag, value: string): unknown {
  if (!isSwitch(flag)) return readValue(flag, value);
  if (value === "on" || value === "off") return value === "on";
  throw new UsageError(`Cannot use --${flag.names[0]} "${value}" on an axis: on or off is wanted`);
}

/** A1111's "Prompt S/R". */
function searchAndReplace(values: readonly string[], written: string): Axis {
  const [search] = values;
  return values.map((value) => ({
    label: value,
    change: ({ prompt, negativePrompt }) => {
      const texts = [prompt ?? [], negativePrompt ?? []].flat();
      if (!texts.some((text) => text.includes(search)))
        throw new UsageError(`Cannot use ${written}: "${search}" is not in the prompt`);
      const replaced = (text: string | readonly string[] | undefined) =>
        typeof text === "string" ? text.replaceAll(search, value) : text?.map((part) => part.replaceAll(search, value));
      return {
        options: {
          prompt: replaced(prompt) as GenerateOptions["prompt"],
          ...(negativePrompt !== undefined && { negativePrompt: replaced(negativePrompt) as string | string[] }),
        },
      };
    },
  }));
}

const lastPart = (path: string): string => path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;
