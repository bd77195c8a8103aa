// ControlNet's fields in A1111's infotext, "ControlNet 0" and on, as its extension (Mikubill's sd-webui-controlnet) and Forge write
// them: a list of "Name: value" as the value. IP-Adapters are units of it like others, told by their module. Earlier versions of
// it wrote other names.

import { annotators } from "../image/annotators/index.ts";
import type { Annotator, AnnotatorId } from "../image/annotators/index.ts";
import { controlModes } from "../pipelines/control-modes.ts";
import type { ControlMode, ControlModeId } from "../pipelines/control-modes.ts";
import type { ControlOption } from "../pipelines/control-options.ts";
import type { IpAdapterOption } from "../pipelines/ip-adapter-options.ts";

const fitNames = { stretch: "Just Resize", crop: "Crop and Resize", fill: "Resize and Fill" } as const;

/** What the extension calls an annotator: its names are in small letters. */
const moduleName = (id: AnnotatorId): string =>
  (annotators[id] as Annotator).names.find((name) => /^[a-z0-9]+[_ ]/.test(name)) ?? id;

/** The fields of `controls`, and after them of `ipAdapters`. */
export function controlFields({
  controls = [],
  ipAdapters = [],
}: {
  readonly controls?: readonly ControlOption[];
  readonly ipAdapters?: readonly IpAdapterOption[];
}): Record<string, string> {
  const units = [...controls.map(unitOf), ...ipAdapters.map((own) => fieldOf({ ...own, module: ipAdapterModule }))];
  return Object.fromEntries(units.map((unit, i) => [`ControlNet ${i}`, unit]));
}

function unitOf({ annotator, annotatorOptions, ...own }: ControlOption): string {
  const canny = annotator === "canny" ? { low: 100, high: 200, ...annotatorOptions } : undefined;
  // Annotators look at the picture in the run's size.
  return fieldOf({ ...own, module: moduleName(annotator), canny, isPixelPerfect: annotator !== "none" });
}

/** The extension's name for whichever image encoder an adapter's file wants. */
export const ipAdapterModule = "ip-adapter-auto";

/** Whether a unit of that module is an IP-Adapter. */
export const isIpAdapterModule = (module: string | undefined): boolean => /^ip-adapter/i.test(module ?? "");

/** What the extension writes of a unit; what is not given is as it sets it first. */
interface Unit extends Pick<IpAdapterOption, "path" | "weight" | "start" | "end"> {
  readonly module: string;
  readonly fit?: keyof typeof fitNames;
  readonly mode?: ControlModeId;
  readonly canny?: { readonly low: unknown; readonly high: unknown };
  readonly isPixelPerfect?: boolean;
}

function fieldOf({
  path,
  module,
  weight,
  start,
  end,
  fit = "crop",
  mode = "balanced",
  canny,
  isPixelPerfect = false,
}: Unit): string {
  const name = path
    .replace(/[\\/]+$/, "")
    .replace(/^.*[\\/]/, "")
    .replace(/\.(safetensors|pth|ckpt|bin|pt)$/, "");
  const parts: readonly (readonly [string, unknown])[] = [
    ["Module", module],
    ["Model", name],
    ["Weight", weight],
    ["Resize Mode", fitNames[fit]],
    ["Threshold A", canny?.low],
    ["Threshold B", canny?.high],
    ["Guidance Start", start],
    ["Guidance End", end],
    ["Pixel Perfect", isPixelPerfect ? "True" : "False"],
    ["Control Mode", (controlModes[mode] as ControlMode).a1111],
  ];
  return parts.flatMap(([key, value]) => (value === undefined ? [] : [`${key}: ${String(value)}`])).join(", ");
}

/** A control as such a field tells it, without the paths of its network and picture. */
export interface FoundControl extends Partial<Omit<ControlOption, "path">> {
  /** The network's name, without its hash. */
  readonly name?: string;
}

/** An IP-Adapter as such a field tells it, without the paths of its file and pictures. */
export type FoundIpAdapter = Pick<FoundControl, "name" | "weight" | "start" | "end">;

/** What a field tells: a control or an IP-Adapter, and in words what no option says. */
export interface FoundUnit {
  readonly control?: FoundControl;
  readonly ipAdapter?: FoundIpAdapter;
  readonly notReproduced: readonly string[];
}

/** What the field's `value` tells; undefined when it is no unit. */
export function readControlField(value: string): FoundUnit | undefined {
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
  const unit: FoundIpAdapter = {
    ...(name !== undefined && { name }),
    ...numbers({
      weight: number(read("weight")),
      start: number(read("guidance start") ?? start),
      end: number(read("guidance end") ?? end),
    }),
  };
  if (isIpAdapterModule(module)) return { ipAdapter: unit, notReproduced: [] };
  const annotator = module === undefined ? undefined : annotatorOf(module);
  const [low, high] = [number(read("threshold a")), number(read("threshold b"))];
  const control: FoundControl = {
    ...unit,
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

const numbers = (values: Readonly<Record<"weight" | "start" | "end", number | undefined>>): FoundIpAdapter =>
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
