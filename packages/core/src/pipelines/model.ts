// A loaded model: `const model = await load("path-or-hub-id")`, then `model.generate({ prompt })`.

import { joinPath } from "#platform";
import type { Checkpoint, OpenCheckpointOptions } from "../checkpoints/checkpoint.ts";
import { resolveModel } from "../checkpoints/hub.ts";
import { openCheckpoint } from "../checkpoints/open.ts";
import type { Image } from "../image/image.ts";
import type { EmbeddingTable } from "../prompts/embeddings.ts";
import type { Wildcards } from "../prompts/expand-template.ts";
import type { Device } from "../runtime/engine.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { openTokenizer } from "../tokenizers/open.ts";
import { textEncoders } from "./conditioning.ts";
import type { PromptTemplate } from "./expand-prompts.ts";
import { generate } from "./generate.ts";
import { generation } from "./generation.ts";
import type { Generation } from "./generation.ts";
import type { Upscaler } from "./hires-upscalers.ts";
import { openNetworks } from "./networks.ts";
import { parseOptions } from "./options.ts";
import type { GenerateOptions } from "./options.ts";
import { readPreviewDecoder } from "./preview.ts";
import { generateRefined } from "./refine.ts";
import { readUpscaler } from "./upscale.ts";

/** How to open a model. */
export interface LoadModelOptions extends OpenCheckpointOptions {
  /** "auto" (the default) takes WebGPU where there is an adapter, else the CPU, and says so. */
  readonly device?: Device | "auto";
  /** Threads for CPU kernels; all cores by default. */
  readonly threads?: number;
  /** Branch, tag or commit of a Hub repository. */
  readonly revision?: string;
  /** Stops loading and downloading. */
  readonly signal?: AbortSignal;
  readonly onDownload?: (progress: {
    readonly file: string;
    readonly receivedBytes: number;
    readonly totalBytes: number;
  }) => void;
  /** Path or Hub id of a tiny autoencoder (TAESD), for previews; without it they are decoded by the model's own. */
  readonly previewDecoder?: string;
}

/** Inputs of one generation that are not plain data. */
export interface GenerateInputs {
  /** Where to start instead of noise: a picture, or latents [1,C,h,w] that another model handed over. */
  readonly init?: Image | Tensor;
  /** Which of that picture to paint anew: white paints, black keeps. Of the picture's size. */
  readonly mask?: Image;
  /** How near each place is, light for near: for depth-to-image models. */
  readonly depth?: Image;
  /** Enlarges the picture between the passes of a hires fix, by a network of yours, instead of `hiresUpscaler`. */
  readonly upscaler?: Upscaler;
  /** Takes over where the options' `refinerAt` says: SDXL's refiner, or any model of the same latents. */
  readonly refiner?: Model;
  /** Where __wildcards__ in prompts come from. */
  readonly wildcards?: Wildcards;
  /** What the prompts were drawn from in an earlier run, for the record. */
  readonly template?: PromptTemplate;
  /** Learned concepts that prompts can name. */
  readonly embeddings?: EmbeddingTable;
  readonly signal?: AbortSignal;
  /** Decode a preview every so many steps; 0, the default, never. */
  readonly previewEvery?: number;
  /** Which pictures of the run to make, by number; all by default. */
  readonly pictures?: readonly number[];
}

/** A checkpoint that is open on a device. Its networks load when first needed. */
export interface Model {
  readonly checkpoint: Checkpoint;
  readonly device: Device;
  /** What was chosen or guessed while loading, in sentences for the user. */
  readonly notices: readonly string[];
  /** Makes pictures. Iterate it for events, or await it for the pictures. Throws RangeError on options out of range. */
  generate(options: GenerateOptions & GenerateInputs): Generation;
  /** Ends the engine and gives back all its memory. */
  close(): Promise<void>;
}

/**
 * Opens a checkpoint: a diffusers folder, a .safetensors or .ckpt file, or a Hugging Face Hub id. Throws Error when it
 * cannot be found, read or understood, or the device cannot be opened.
 */
export async function load(idOrPath: string, options: LoadModelOptions = {}): Promise<Model> {
  const { device = "auto", threads, revision, signal, onDownload, previewDecoder, variant, ...open } = options;
  const hub = { revision, signal, onProgress: onDownload, variant };
  const checkpoint = await openCheckpoint(await resolveModel(idOrPath, hub), { ...open, variant });
  const tokenizers = {
    textEncoder: checkpoint.tokenizers.tokenizer && (await openTokenizer(checkpoint.tokenizers.tokenizer)),
    textEncoder2: checkpoint.tokenizers.tokenizer2 && (await openTokenizer(checkpoint.tokenizers.tokenizer2)),
  };
  const preview =
    previewDecoder === undefined ? undefined : await readPreviewDecoder(await resolveModel(previewDecoder, hub));
  const own = checkpoint.preferences.upscaler;
  const upscaler = own === undefined ? undefined : await readUpscaler(joinPath(checkpoint.path, own));
  const networks = await openNetworks(checkpoint, { device, threads, preview, upscaler });
  try {
    const encoders = textEncoders(checkpoint, networks, tokenizers);
    return {
      checkpoint,
      device: networks.device,
      notices: networks.notices,
      generate({
        init,
        mask,
        depth,
        upscaler,
        refiner,
        wildcards,
        template,
        embeddings,
        signal,
        previewEvery = 0,
        pictures,
        ...written
      }) {
        const parsed = parseOptions(written);
        return generation((emit, stop) => {
          const parts = { checkpoint, networks, encoders };
          const run = {
            init,
            mask,
            depth,
            upscaler,
            wildcards,
            template,
            embeddings,
            previewEvery,
            pictures,
            emit,
            signal: stop,
          };
          return refiner === undefined
            ? generate(parts, parsed, run)
            : generateRefined(parts, parsed, { ...run, refiner });
        }, signal);
      },
      close: networks.close,
    };
  } catch (error) {
    await networks.close();
    throw error;
  }
}
