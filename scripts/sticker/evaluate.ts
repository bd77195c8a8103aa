// The sticker model measured: pictures asked for by the captions of held-out (concept, style family) pairs and of stickers it
// learnt from, looked at by the judge; and its autoencoder on held-out stickers.

import type { Dataset } from "@noisette/core/data/dataset";
import type { StickerSplit } from "@noisette/core/data/stickers/split";
import { openStickers } from "@noisette/core/data/stickers/stickers";
import { autoencoderReport } from "@noisette/core/evaluation/autoencoder-report";
import type { AutoencoderReport } from "@noisette/core/evaluation/autoencoder-report";
import { classReport } from "@noisette/core/evaluation/class-report";
import type { ClassReport } from "@noisette/core/evaluation/class-report";
import { generatedPictures } from "@noisette/core/evaluation/generated-pictures";
import { load } from "@noisette/core/pipelines/model";
import type { Engine } from "@noisette/core/runtime/engine";
import { evenly } from "../recipes/evenly.ts";
import { unseenStickers } from "./data.ts";

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
  /** The autoencoder whose decoder learnt on. */
  readonly decoder: string;
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
  const { stickers, model, decoder, judge, clip, pictures, sampling, signal, onProgress } = options;
  const splits = new Set((await openStickers(stickers)).stickers.map(({ split }) => split));
  const splitOf = async (split: StickerSplit) => (splits.has(split) ? openStickers(stickers, { split }) : undefined);
  const training = await openStickers(stickers, { split: "train" });
  const pairs = await splitOf("held-out-pair");
  const unseen = await unseenStickers(stickers);
  const { device } = engine;
  const generator = await load(model, { device, vae: decoder });
  try {
    const measured = async (real: Dataset, doing: string): Promise<ClassReport> => {
      const captions = Array.from({ length: real.length }, (_, i) => real.describe(i).caption!);
      const { seed, ...steps } = sampling;
      const told = (done: number, total: number) => onProgress(doing, done, total);
      const generated = await generatedPictures(generator, captions, {
        sampling: steps,
        seed,
        signal,
        onProgress: told,
      });
      return classReport(engine, { judge, clip, generated, real, training, signal, onProgress });
    };
    return {
      model: await generator.checkpoint.hash(),
      sampling,
      ...(pairs && { heldOut: await measured(evenly(pairs, pictures), "held-out pairs") }),
      seen: await measured(evenly(training, pictures), "seen stickers"),
      autoencoder: await autoencoderReport(engine, evenly(unseen, pictures), {
        model: decoder,
        signal,
        onProgress: (...at) => onProgress("held-out stickers through the autoencoder", ...at),
      }),
    };
  } finally {
    await generator.close();
  }
}
