// The ControlNets and T2I-Adapters that a run asks for: opened, and held against the model that they are to steer.

import type { Checkpoint, ModelFamily } from "../checkpoints/checkpoint.ts";
import type { ControlFiles } from "../checkpoints/control-files.ts";
import { familyOfConfig } from "../checkpoints/detect.ts";
import type { Graph } from "../graph/graph.ts";
import { circularPadding } from "../graph/passes/circular-padding.ts";
import type { TilingAxes } from "../graph/passes/circular-padding.ts";
import type { Image } from "../image/image.ts";
import { controlNetConfig } from "../models/controlnet-config.ts";
import { controlNetGraph, pictureScale } from "../models/controlnet.ts";
import type { ControlNetConfig } from "../models/controlnet.ts";
import { t2iAdapterConfig, t2iAdapterGraph } from "../models/t2i-adapter.ts";
import type { T2IAdapterConfig } from "../models/t2i-adapter.ts";
import { encodingDims, featureDims } from "../models/unet-encoder.ts";
import type { UNetEncoderConfig } from "../models/unet-encoder.ts";
import type { CompanionFiles } from "./companions.ts";
import { controlModes } from "./control-modes.ts";
import type { ControlMode } from "./control-modes.ts";
import type { ControlOption } from "./control-options.ts";
import type { Networks } from "./networks.ts";

/** A control that fits the model. */
export type OpenControl = {
  readonly option: ControlOption;
  /** The picture to follow; absent, the one that the run starts from. */
  readonly image: Image | undefined;
  readonly files: CompanionFiles;
  readonly note: string | undefined;
} & (
  | { readonly kind: "controlnet"; readonly config: ControlNetConfig }
  | { readonly kind: "t2i-adapter"; readonly config: T2IAdapterConfig }
);

/** What controls are held against. */
interface ControlledModel {
  readonly checkpoint: Pick<Checkpoint, "family" | "path">;
  readonly configs: Networks["configs"];
  /** Opposite sides of the picture meet, for the controls too. */
  readonly tiling?: TilingAxes;
}

/** The controls that `options` name, read by `open`. Throws Error when one is for another architecture, or in a mode it does not have. */
export async function openControls(
  options: readonly ControlOption[],
  {
    images = [],
    open,
    model,
  }: {
    readonly images?: readonly (Image | undefined)[];
    readonly open: (path: string) => Promise<ControlFiles>;
    readonly model: ControlledModel;
  },
): Promise<readonly OpenControl[]> {
  const controls: OpenControl[] = [];
  for (const [i, option] of options.entries()) {
    const { kind, path, config: published, tensors, note } = await open(option.path);
    const refuse = (why: string): never => {
      throw new Error(`Cannot use "${option.path}" with "${model.checkpoint.path}": ${why}`);
    };
    const common = { option, image: images[i], note };
    const filesOf = (graph: () => Graph): CompanionFiles => {
      const { tiling } = model;
      const seamless = tiling === undefined ? graph : () => circularPadding(graph(), tiling);
      return { key: JSON.stringify([path, tiling]), path, tensors, graph: seamless };
    };
    if (kind === "controlnet") {
      const config = controlNetConfig(published);
      const why = whyNotControlNet(config, familyOfConfig(published, new Set(["textEncoder"])), model);
      if (why !== undefined) refuse(why);
      const pooledWidth = model.configs.textEncoder2?.projection;
      controls.push({ ...common, kind, config, files: filesOf(() => controlNetGraph(config, { pooledWidth })) });
    } else {
      const config = t2iAdapterConfig(published);
      const why = whyNotAdapter(config, model);
      if (why !== undefined) refuse(why);
      const mode: ControlMode = controlModes[option.mode];
      if (mode.adapter === undefined)
        refuse(`it is a T2I-Adapter, which has no mode ${option.mode} (balanced, prompt or control is wanted)`);
      controls.push({ ...common, kind, config, files: filesOf(() => t2iAdapterGraph(config)) });
    }
  }
  return controls;
}

const familyNames: Readonly<Record<ModelFamily, string>> = {
  sd1: "SD 1",
  sd2: "SD 2",
  sdxl: "SDXL",
  "sdxl-refiner": "SDXL's refiner",
};

function whyNotControlNet(
  config: ControlNetConfig,
  family: ModelFamily,
  { checkpoint, configs }: ControlledModel,
): string | undefined {
  if (family !== checkpoint.family)
    return `it is a ControlNet for ${familyNames[family]}, the model is ${familyNames[checkpoint.family]}`;
  const { latentChannels, factor } = configs.vae;
  const [theirs, ours] = [sizesOf(config), sizesOf(configs.unet)];
  if (theirs !== ours) return `the ControlNet has ${theirs}, the model's UNet ${ours}`;
  if (config.inChannels !== latentChannels)
    return `the ControlNet takes latents of ${config.inChannels} channels, the model's have ${latentChannels}`;
  if (config.pictureChannels !== 3) return `it takes pictures of ${config.pictureChannels} channels (3 are wanted)`;
  const scale = pictureScale(config);
  return scale === factor
    ? undefined
    : `its pictures are ${scale} times as large as latents, the model's ${factor} times`;
}

/** All that must agree for the one's outputs to be added to the other's, in words. */
function sizesOf(config: UNetEncoderConfig): string {
  const widths = encodingDims(config, [1, 0, 64, 64]).skips.map(([, features]) => features);
  const pooled = config.textTime === undefined ? "" : `, ${config.textTime.width} numbers of pooled text and sizes`;
  return `skips of ${widths.join(", ")} channels, text states of ${config.contextWidth}${pooled}`;
}

function whyNotAdapter(
  { features, unshuffle, pictureChannels, type }: T2IAdapterConfig,
  { checkpoint, configs }: ControlledModel,
): string | undefined {
  const [first] = configs.unet.levels;
  const wanted = configs.vae.factor * (first.transformer ? 1 : 2);
  if (unshuffle !== wanted) {
    const theirs = type === "full_adapter_xl" ? "SDXL" : "SD 1 or 2";
    return `it is a T2I-Adapter for ${theirs}, whose features begin at ${unshuffle}×${unshuffle} pixels, the model (${familyNames[checkpoint.family]}) wants ${wanted}×${wanted}`;
  }
  const ours = featureDims(configs.unet, [1, 0, 64, 64]).map(([, width]) => width);
  if (features.length > ours.length || features.some((width, i) => width !== ours[i]))
    return `the T2I-Adapter has features of ${features.join(", ")} channels, the model's UNet ${ours.slice(0, -1).join(", ")}`;
  return pictureChannels === 1 || pictureChannels === 3
    ? undefined
    : `it takes pictures of ${pictureChannels} channels (1 or 3 are wanted)`;
}
