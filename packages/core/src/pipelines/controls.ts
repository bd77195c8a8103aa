// ControlNets and T2I-Adapters in one pass: given their pictures, evaluated beside the UNet, added up to what it is fed.

import type { Image } from "../image/image.ts";
import { pictureScale } from "../models/controlnet.ts";
import { encodingDims, featureDims } from "../models/unet-encoder.ts";
import type { UNetTracing } from "../models/unet-tracing.ts";
import type { Network } from "../runtime/engine.ts";
import { stack, unstack } from "../tensor/batch.ts";
import { crop } from "../tensor/crop.ts";
import type { Box } from "../tensor/crop.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import { actsAt, controlModes } from "./control-modes.ts";
import type { ControlMode } from "./control-modes.ts";
import { controlPicture, controlTensor } from "./control-picture.ts";
import type { FittedPicture, Size } from "./control-picture.ts";
import type { Networks } from "./networks.ts";
import type { OpenControl } from "./open-controls.ts";

/** One evaluation of the UNet, as its companions see it. */
export interface ControlledStep {
  readonly timestep: number;
  /** What the UNet is fed of a batch, without the channels behind the latents. */
  readonly feeds: Readonly<Record<string, Tensor>> & { readonly sample: Tensor };
  /** Rows of the batch that stand for what is not wanted. */
  readonly negative: readonly boolean[];
  /** The part of the latents that the batch shows; all of them by default. */
  readonly window?: Box;
}

/** The controls of one pass. */
export interface Controls {
  readonly tracing: Pick<UNetTracing, "residuals" | "features">;
  /** What the UNet, traced so, is fed besides: `residual.…` and `feature.…`, zero where no control acts. */
  feeds(step: ControlledStep, signal: AbortSignal | undefined): Promise<Record<string, Tensor>>;
}

/** What a pass tells its controls. */
export interface ControlPass {
  readonly networks: Pick<Networks, "companions" | "configs">;
  readonly size: Size;
  /** [1,C,h,w]. */
  readonly latentDims: readonly number[];
  /** Of the network at each step. */
  readonly timesteps: readonly number[];
  /** The picture in the pass's size that a control follows which brings none. */
  readonly start: Image | undefined;
  /** Another picture laid where the run's part of its initial picture is. */
  readonly part?: (image: Image) => Image;
  /** The UNet sees the latents in windows. */
  readonly isTiled: boolean;
  readonly notice: (text: string) => void;
}

/** A control ready for a pass. */
interface Prepared {
  readonly control: OpenControl;
  /** [1,C,H,W] in [0,1]. */
  readonly picture: Tensor;
  readonly actsAt: (timestep: number) => boolean;
  readonly conditionalOnly: boolean;
  /** Of each of its outputs, its weight among them. */
  readonly factors: readonly number[];
}

/** `controls` with their pictures for one pass. Throws Error when a picture is missing, or is of another shape and no fit is named. */
export function controlsOf(controls: readonly OpenControl[], pass: ControlPass): Controls {
  const { companions, configs } = pass.networks;
  const prepared = controls.map((control) => prepare(control, pass));
  const withResiduals = controls.some(({ kind }) => kind === "controlnet");
  const features = Math.max(0, ...controls.map((one) => (one.kind === "t2i-adapter" ? one.config.features.length : 0)));
  const adapted = new Map<Prepared, Promise<Record<string, Tensor>>>();

  /** The outputs of one control for the rows of a batch that it acts on. */
  async function evaluate(
    one: Prepared,
    rows: readonly number[],
    step: ControlledStep,
    signal: AbortSignal | undefined,
  ) {
    const { control, picture } = one;
    const run = async (feeds: Readonly<Record<string, Tensor>>) => {
      const network: Network = await companions.get(control.files, signal);
      return network.run(feeds, { signal });
    };
    if (control.kind === "t2i-adapter") {
      // The same at every step.
      const outputs = adapted.get(one) ?? run({ picture });
      adapted.set(one, outputs);
      return mapValues(await outputs, (feature) => stack(rows.map(() => feature)));
    }
    const scale = pictureScale(control.config);
    const seen = step.window === undefined ? picture : crop(picture, scaledBox(step.window, scale));
    const own = mapValues(step.feeds, (feed) => stack(rows.map((row) => unstack(feed)[row])));
    return run({ ...own, picture: stack(rows.map(() => seen)) });
  }

  return {
    tracing: { ...(withResiduals && { residuals: true }), ...(features > 0 && { features }) },
    async feeds(step, signal) {
      const { dims } = step.feeds.sample;
      const encoding = encodingDims(configs.unet, dims);
      const shapes = {
        ...(withResiduals && { ...numbered("residual", encoding.skips), "residual.middle": encoding.middle }),
        ...numbered("feature", featureDims(configs.unet, dims).slice(0, features)),
      };
      const sums = mapValues(shapes, (shape) => tensor(shape as number[]));
      for (const one of prepared) {
        const rows = step.negative.flatMap((isNegative, row) => (isNegative && one.conditionalOnly ? [] : [row]));
        if (rows.length === 0 || !one.actsAt(step.timestep)) continue;
        const outputs = await evaluate(one, rows, step, signal);
        const names = Object.keys(sums).filter((name) => name in outputs);
        names.forEach((name, i) => addRows(sums[name], outputs[name], { rows, factor: one.factors[i] }));
      }
      return sums;
    },
  };
}

function prepare(control: OpenControl, pass: ControlPass): Prepared {
  const { option, kind, config } = control;
  if (kind === "t2i-adapter" && pass.isTiled)
    throw new TypeError(
      `Cannot follow "${option.path}" in windows: the features of T2I-Adapters are of whole pictures (a ControlNet, or no tiledDiffusion, is wanted)`,
    );
  const { image, note } = pictureOf(control, pass);
  if (note !== undefined) pass.notice(note);
  const mode: ControlMode = controlModes[option.mode];
  const pools = kind === "controlnet" && config.globalPool;
  const outputs = encodingDims(pass.networks.configs.unet, pass.latentDims).skips.length + 1;
  const factors =
    kind === "t2i-adapter"
      ? mode.adapter!
      : // As in diffusers, whose guess mode leaves pooled outputs alike.
        pools && option.mode === "guess"
        ? new Array<number>(outputs).fill(1)
        : mode.controlNet(outputs);
  return {
    control,
    picture: controlTensor(image, {
      channels: config.pictureChannels,
      blueFirst: kind === "controlnet" && config.blueFirst,
    }),
    actsAt: actsAt(pass.timesteps, option),
    conditionalOnly: mode.conditionalOnly || pools,
    factors: factors.map((factor) => factor * option.weight),
  };
}

function pictureOf({ option, kind, config, image }: OpenControl, pass: ControlPass): FittedPicture {
  const given = image === undefined ? pass.start : (pass.part?.(image) ?? image);
  if (given === undefined)
    throw new TypeError(`Cannot follow "${option.path}" without a picture (image, or an initial picture, is wanted)`);
  const fitted = controlPicture(given, pass.size, option);
  if (kind === "controlnet") return fitted;
  // Where latents do not halve evenly, an adapter whose features begin at half their size sees one place more.
  const [[, , height, width]] = featureDims(pass.networks.configs.unet, pass.latentDims) as number[][];
  const size = { width: width * config.unshuffle, height: height * config.unshuffle };
  return { ...fitted, image: controlPicture(fitted.image, size, { fit: "stretch", annotator: "none" }).image };
}

/** Adds factor·x's rows to those of `sum` that `rows` names. */
function addRows(
  sum: Tensor,
  x: Tensor,
  { rows, factor }: { readonly rows: readonly number[]; readonly factor: number },
): void {
  const length = x.data.length / rows.length;
  rows.forEach((row, i) => {
    const [to, from] = [row * length, i * length];
    for (let k = 0; k < length; k++) sum.data[to + k] += factor * x.data[from + k];
  });
}

const scaledBox = ({ top, left, height, width }: Box, scale: number): Box => ({
  top: top * scale,
  left: left * scale,
  height: height * scale,
  width: width * scale,
});
const numbered = <T>(name: string, values: readonly T[]): Record<string, T> =>
  Object.fromEntries(values.map((value, i) => [`${name}.${i}`, value]));
const mapValues = <T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
