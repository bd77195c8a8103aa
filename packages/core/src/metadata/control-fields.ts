// ControlNet's fields in A1111's infotext, "ControlNet 0" and on, as its extension (Mikubill's sd-webui-controlnet) and Forge write
// them: a list of "Name: value" as the value. Earlier versions of it wrote other names.

import { annotators } from "../image/annotators/index.ts";
import type { Annotator, AnnotatorId } from "../image/annotators/index.ts";
import { controlModes } from "../pipelines/control-modes.ts";
import type { ControlMode, ControlModeId } from "../pipelines/control-modes.ts";
import type { ControlOption } from "../pipelines/control-options.ts";

const fitNames = { stretch: "Just Resize", crop: "Crop and Resize", fill: "Resize and Fill" } as const;

/** What the extension calls an annotator: its names are in small letters. */
const moduleName = (id: AnnotatorId): string =>
  (annotators[id] as Annotator).names.find((name) => /^[a-z0-9]+[_ ]/.test(name)) ?? id;

/** The fields of `controls`. */
export function controlFields(controls: readonly ControlOption[] = []): Record<string, string> {
  return Object.fromEntries(controls.map((control, i) => [`ControlNet ${i}`, fieldOf(control)]));
}

function fieldOf({
  path,
  weight,
  start,
  end,
  mode,
  fit = "crop",
  annotator,
  annotatorOptions = {},
}: ControlOption): string {
  const name = path
    .replace(/[\\/]+$/, "")
    .replace(/^.*[\\/]/, "")
    .replace(/\.(safetensors|pth|ckpt|bin|pt)$/, "");
  const canny = annotator === "canny" ? { low: 100, high: 200, ...annotatorOptions } : undefined;
  const parts: readonly (readonly [string, unknown])[] = [
    ["Module", moduleName(annotator)],
    ["Model", name],
    ["Weight", weight],
    ["Resize Mode", fitNames[fit]],
    ["Threshold A", canny?.low],
    ["Threshold B", canny?.high],
    ["Guidance Start", start],
    ["Guidance End", end],
    // Annotators look at the picture in the run's size.
    ["Pixel Perfect", annotator === "none" ? "False" : "True"],
    ["Control Mode", (controlModes[mode] as ControlMode).a1111],
  ];
  return parts.flatMap(([key, value]) => (value === undefined ? [] : [`${key}: ${String(value)}`])).join(", ");
}

/** A control as such a field tells it, without the paths of its network and picture. */
export interface FoundControl extends Partial<Omit<ControlOption, "path">> {
  /** The network's name, without its hash. */
  readonly name?: string;
}

/** The control that the field's `value` tells, and in words what no option says; undefined when it is none. */
export function readControlField(
  value: string,
): { readonly control: FoundControl; readonly notReproduced: readonly string[] } | undefined {
  const parts = new Map(
    Array.from(value.matchAll(/([A-Za-z][\w /]*?): (\([^)]*\)|.*?)(?=, [A-Za-z][\w /]*?: |$)/g), ([, name, text]) => [
      name.toLowerCase(),
      text,
    ]),
  );
  const read = (...names: readonly string[]) => names.map((name) => parts.get(name)).find((text) => text !== undefined);
  const number = (text: string | undefined) => (text === undefined || text.trim() === "" ? undefined : Number(text));
  const module = read("module", "preprocessor");
  const name = read("model")?.replace(/ \[[0-9a-f]+\]$/, "");
  if (module === undefined && name === undefined) return undefined;
  const [start, end] = read("starting/ending")?.replace(/[()]/g, "").split(",") ?? [];
  const annotator = module === undefined ? undefined : annotatorOf(module);
  const [low, high] = [number(read("threshold a")), number(read("threshold b"))];
  const control: FoundControl = {
    ...(name !== undefined && { name }),
    ...numbers({
      weight: number(read("weight")),
      start: number(read("guidance start") ?? start),
      end: number(read("guidance end") ?? end),
    }),
    ...keyOf("fit", fitNames, read("resize mode")),
    ...keyOf("mode", mapA1111(controlModes), read("control mode")),
    ...(annotator !== undefined && { annotator }),
    ...(annotator === "canny" && low !== undefined && high !== undefined && { annotatorOptions: { low, high } }),
  };
  const strange = module !== undefined && module.toLowerCase() !== "none" && annotator === undefined;
  return { control, notReproduced: strange ? [`ControlNet module: ${module}`] : [] };
}

const annotatorOf = (module: string): AnnotatorId | undefined =>
  (Object.keys(annotators) as AnnotatorId[]).find((id) =>
    [id, ...(annotators[id] as Annotator).names].some((name) => name.toLowerCase() === module.toLowerCase()),
  );

const numbers = (values: Readonly<Record<"weight" | "start" | "end", number | undefined>>): FoundControl =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && Number.isFinite(value)));

const mapA1111 = (modes: Readonly<Record<ControlModeId, ControlMode>>): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(Object.entries(modes).map(([id, { a1111 }]) => [id, a1111]));

function keyOf(
  name: "fit" | "mode",
  table: Readonly<Record<string, string | undefined>>,
  text: string | undefined,
): FoundControl {
  const found = Object.keys(table).find((key) => text !== undefined && table[key] === text);
  return found === undefined ? {} : { [name]: found };
}
