// alwayson_scripts.controlnet: units of A1111's ControlNet extension as our controls and IP-Adapters, and the extension's lists.

import { annotators } from "@noisette/core/image/annotators/index";
import type { Annotator, AnnotatorId } from "@noisette/core/image/annotators/index";
import { ipAdapterModule, isIpAdapterModule } from "@noisette/core/metadata/control-fields";
import { controlModes } from "@noisette/core/pipelines/control-modes";
import type { ControlMode, ControlModeId } from "@noisette/core/pipelines/control-modes";
import { closestName } from "@noisette/core/safetensors/closest-name";
import { z } from "zod";
import { refuse } from "../guard/refuse.ts";
import type { RequestOf } from "../schema/job-request.ts";
import type { Services } from "../services.ts";
import { dataUrl } from "../store/picture-bytes.ts";
import { fileIn } from "./input-pictures.ts";
import { modelName } from "../models/model-names.ts";

const picture = z.union([z.string().min(1), z.looseObject({ image: z.string().min(1) })]).nullish();
const part = z.number().min(0).max(1);

const unitSchema = z.looseObject({
  enabled: z.boolean().default(true),
  module: z.string().nullish(),
  model: z.string().nullish(),
  weight: z.number().min(-2).max(2).default(1),
  image: picture,
  input_image: picture,
  resize_mode: z.union([z.string(), z.int()]).default(1),
  processor_res: z.number().default(-1),
  threshold_a: z.number().default(-1),
  threshold_b: z.number().default(-1),
  guidance_start: part.default(0),
  guidance_end: part.default(1),
  control_mode: z.union([z.string(), z.int()]).default(0),
  pixel_perfect: z.boolean().default(false),
});

/** A unit with its defaults. */
type Unit = z.output<typeof unitSchema>;

/** What units come to. */
export type Controls = Pick<RequestOf<"generate">, "controls" | "ipAdapters">;

/** The extension's names of ways to fit, by number, with those of its first versions. */
const fits = [
  { fit: "stretch", names: ["Just Resize"] },
  { fit: "crop", names: ["Crop and Resize", "Envelope (Outer Fit)", "Inner Fit (Scale to Fit)"] },
  { fit: "fill", names: ["Resize and Fill", "Scale to Fit (Inner Fit)", "Outer Fit (Shrink to Fit)"] },
] as const;

const modes = (Object.entries(controlModes) as [ControlModeId, ControlMode][]).flatMap(([id, { a1111 }]) =>
  a1111 === undefined ? [] : [{ id, name: a1111 }],
);

/** Options of annotators that the extension's two sliders are. */
const sliders: Partial<Record<AnnotatorId, readonly string[]>> = {
  canny: ["low", "high"],
  xdog: ["threshold"],
  threshold: ["level"],
  tile: ["factor"],
  blur: ["sigma"],
  luminance: ["gamma"],
  intensity: ["gamma"],
};

/** What the units of `scripts` ask for, and the scripts that are not served. Throws a problem on units that cannot be had. */
export async function controlsOf(
  scripts: Readonly<Record<string, unknown>>,
  size: { readonly width?: number; readonly height?: number },
  services: Services,
): Promise<{ readonly controls: Controls; readonly others: string[] }> {
  const isControlNet = (name: string) => name.toLowerCase() === "controlnet";
  const units = Object.keys(scripts)
    .filter(isControlNet)
    .flatMap((name) => unitsIn(scripts[name]))
    .filter(({ enabled, model }) => enabled && model && model !== "None");
  const controls: NonNullable<Controls["controls"]> = [];
  const ipAdapters: NonNullable<Controls["ipAdapters"]> = [];
  for (const unit of units) {
    const { weight, guidance_start: start, guidance_end: end } = unit;
    const image = imageOf(unit);
    if (isIpAdapterModule(unit.module ?? undefined)) {
      if (image === undefined)
        throw refuse("bad-request", "Cannot use the IP-Adapter: it has no picture (image is wanted)");
      ipAdapters.push({ network: await networkNamed(services, unit.model!), weight, start, end, images: [image] });
      continue;
    }
    controls.push({
      network: await networkNamed(services, unit.model!),
      ...(image !== undefined && { image }),
      weight,
      start,
      end,
      mode: modeOf(unit),
      fit: fitOf(unit),
      ...annotatorOf(unit, size),
    });
  }
  return {
    controls: { ...(controls.length > 0 && { controls }), ...(ipAdapters.length > 0 && { ipAdapters }) },
    others: Object.keys(scripts).filter((name) => !isControlNet(name)),
  };
}

function unitsIn(script: unknown): Unit[] {
  const { data, error } = z.looseObject({ args: z.array(unitSchema) }).safeParse(script);
  if (data !== undefined) return data.args;
  const told = error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
  throw refuse("bad-request", `Cannot read the units of ControlNet: ${told}`);
}

function imageOf({ image, input_image: old }: Unit): string | undefined {
  const given = image ?? old;
  if (given === null || given === undefined) return undefined;
  return dataUrl(fileIn(typeof given === "string" ? given : given.image));
}

/** The network of that name: its id, or its file's name, with the extension's hash behind it or not. */
async function networkNamed(services: Services, name: string): Promise<string> {
  const plain = name.replace(/ \[[0-9a-f]{8}\]$/i, "");
  const ids = (await controlNetworks(services)).map(({ id }) => id);
  const found = ids.find((id) => id === plain) ?? ids.find((id) => modelName({ id }) === plain);
  if (found !== undefined) return found;
  throw refuse(
    "unknown-model",
    `Cannot use the ControlNet model "${name}": there is none of this name (${ids.length === 0 ? "none is installed" : `closest: "${closestName(plain, ids)}"`})`,
  );
}

const controlNetworks = async ({ networks }: Services) => (await networks()).filter(({ kind }) => kind !== "upscaler");

function modeOf({ control_mode: mode }: Unit): ControlModeId {
  const found = typeof mode === "number" ? modes[mode] : modes.find(({ name }) => name === mode);
  if (found !== undefined) return found.id;
  throw refuse(
    "bad-request",
    `Cannot use the control_mode "${mode}": one of ${modes.map(({ name }) => name).join(", ")} is wanted`,
  );
}

function fitOf({ resize_mode: mode }: Unit): (typeof fits)[number]["fit"] {
  const found = typeof mode === "number" ? fits[mode] : fits.find(({ names }) => names.some((name) => name === mode));
  if (found !== undefined) return found.fit;
  throw refuse(
    "bad-request",
    `Cannot use the resize_mode "${mode}": one of ${fits.map(({ names }) => names[0]).join(", ")} is wanted`,
  );
}

const rows = Object.entries(annotators) as [AnnotatorId, Annotator][];

function annotatorOf(
  { module, threshold_a: a, threshold_b: b, processor_res: resolution, pixel_perfect: isPixelPerfect }: Unit,
  { width = 0, height = 0 }: { readonly width?: number; readonly height?: number },
) {
  const name = (module ?? "none").toLowerCase().replace(/ \(.*\)$/, "");
  const found = rows.find(([id, { names }]) =>
    [id, ...names].some((one) => one.toLowerCase().replace(/ \(.*\)$/, "") === name),
  );
  if (found === undefined)
    throw refuse(
      "bad-request",
      `Cannot use the module "${module}": that annotator is not served (${rows.map(([id]) => id).join(", ")} are)`,
    );
  const [annotator] = found;
  // It draws at the size of the picture that is made.
  if (annotator !== "none" && !isPixelPerfect && resolution > 0 && resolution !== Math.min(width, height))
    throw refuse(
      "bad-request",
      `Cannot annotate at processor_res ${resolution}: annotators draw at the picture's size (pixel_perfect, or ${Math.min(width, height)}, is wanted)`,
    );
  const values = [a, b];
  const given = (sliders[annotator] ?? []).flatMap((option, i): [string, number][] =>
    values[i] >= 0 ? [[option, values[i]]] : [],
  );
  return { annotator, ...(given.length > 0 && { annotatorOptions: Object.fromEntries(given) }) };
}

/** /controlnet/model_list. */
export const controlModelList = async (services: Services) => ({
  model_list: ["None", ...(await controlNetworks(services)).map(({ id }) => modelName({ id }))],
});

/** /controlnet/module_list: modules with the sliders that they read. */
export const controlModuleList = () => ({
  module_list: [...rows.map(([id]) => id), ipAdapterModule],
  module_detail: {
    ...Object.fromEntries(
      rows.map(([id]) => [id, { model_free: false, sliders: (sliders[id] ?? []).map((name) => ({ name })) }]),
    ),
    [ipAdapterModule]: { model_free: false, sliders: [] },
  },
});
