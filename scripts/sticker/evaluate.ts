// The sticker model measured: pictures asked for by the captions of held-out (concept, style family) pairs and of stickers it
// learnt from, looked at by the judge; and its autoencoder on held-out stickers.

import { openCheckpoint } from "@noisette/core/checkpoints/open";
import type { Dataset } from "@noisette/core/data/dataset";
import type { StickerSplit } from "@noisette/core/data/stickers/split";
import { openStickers } from "@noisette/core/data/stickers/stickers";
import { autoencoderReport } from "@noisette/core/evaluation/autoencoder-report";
import type { AutoencoderReport } from "@noisette/core/evaluation/autoencoder-report";
import { classReport } from "@noisette/core/evaluation/class-report";
import type { ClassReport } from "@noisette/core/evaluation/class-report";
import type { Image } from "@noisette/core";
import { load } from "@noisette/core/pipelines/model";
import type { Device, Engine } from "@noisette/core/runtime/engine";
import { subset } from "@noisette/core/training/examples";

/** The measurements, and what the pictures were made with. */
export interface StickerEvaluation {
  /** First digits of the hash of the UNet's weights. */
  readonly model: string;
  readonly sampling: { readonly steps: number; readonly guidanceScale: number; readonly seed: number };
  /** Undefined for a set that holds nothing out. */
  readonly heldOut?: ClassReport;
  readonly seen: ClassReport;
  readonly autoencoder: AutoencoderReport;
}

/** What to measure, and how much. */
export interface EvaluateOptions {
  /** Folders. */
  readonly stickers: string;
  readonly model: string;
  readonly judge: string;
  readonly clip: string;
  /** Pictures of each kind, at most. */
  readonly pictures: number;
  readonly sampling: StickerEvaluation["sampling"];
  readonly signal?: AbortSignal;
  readonly onProgress: (doing: string, done: number, total: number) => void;
}

/** Generates and measures. */
export async function evaluateSticker(engine: Engine, options: EvaluateOptions): Promise<StickerEvaluation> {
  const { stickers, model, judge, clip, pictures, sampling, signal, onProgress } = options;
  const splits = new Set((await openStickers(stickers)).stickers.map(({ split }) => split));
  const splitOf = async (split: StickerSplit) => (splits.has(split) ? openStickers(stickers, { split }) : undefined);
  const training = await openStickers(stickers, { split: "train" });
  const pairs = await splitOf("held-out-pair");
  const unseen = (await splitOf("held-out-concept")) ?? training;
  const measured = async (real: Dataset, doing: string): Promise<ClassReport> => {
    const { device } = engine;
    const told = (...at: [done: number, total: number]) => onProgress(doing, ...at);
    const generated = await pictured(real, { model, device, sampling, signal, onProgress: told });
    return classReport(engine, { judge, clip, generated, real, training, signal, onProgress });
  };
  return {
    model: await (await openCheckpoint(model)).hash(),
    sampling,
    ...(pairs && { heldOut: await measured(evenly(pairs, pictures), "held-out pairs") }),
    seen: await measured(evenly(training, pictures), "seen stickers"),
    autoencoder: await autoencoderReport(engine, evenly(unseen, pictures), {
      model: `${model}/vae`,
      signal,
      onProgress: (...at) => onProgress("held-out stickers through the autoencoder", ...at),
    }),
  };
}

/** At most `count` examples, evenly apart. */
function evenly(dataset: Dataset, count: number): Dataset {
  const kept = Math.min(count, dataset.length);
  return subset(
    dataset,
    Array.from({ length: kept }, (_, i) => Math.floor((i * dataset.length) / kept)),
  );
}

/** A picture for each caption, in the model's own size. */
async function pictured(
  real: Dataset,
  {
    model: folder,
    device,
    sampling,
    signal,
    onProgress,
  }: Pick<EvaluateOptions, "model" | "sampling" | "signal"> & {
    device: Device;
    onProgress: (done: number, total: number) => void;
  },
): Promise<Image[]> {
  const prompt = await Promise.all(Array.from({ length: real.length }, async (_, i) => (await real.read(i)).caption!));
  const model = await load(folder, { device });
  const images: Image[] = [];
  try {
    const asked = { ...sampling, prompt, upscale: false, promptSyntax: "plain", dynamicPrompts: "off" } as const;
    for await (const event of model.generate({ ...asked, signal })) {
      if (event.kind !== "image") continue;
      images.push(event.image!);
      onProgress(images.length, real.length);
    }
  } finally {
    await model.close();
  }
  return images;
}
