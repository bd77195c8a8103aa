// A checkpoint, whichever way it was published: its networks under diffusers' names, and all that is needed beside
// the weights to run them. Nothing here holds weights: tensors are byte ranges of files.

import type { StoredTensors } from "../tensor/stored.ts";
import type { TokenizerFiles } from "../tokenizers/open.ts";
import type { Preferences } from "./preferences.ts";

/** The lines of models that share architecture, text encoders and default sampling. */
export type ModelFamily = "sd1" | "sd2" | "sdxl" | "sdxl-refiner";

/** What the UNet takes beside noisy latents, hence what it can do. */
export type CheckpointTask =
  | "text-to-image"
  | "image-to-image"
  | "inpainting"
  | "depth-to-image"
  | "instruct-pix2pix"
  | "upscaling"
  | "latent-upscaling"
  | "unclip";

/** What the UNet's output stands for. */
export type Prediction = "epsilon" | "v_prediction" | "sample";

/** The places a network can take in a checkpoint. */
export type NetworkSlot = "unet" | "vae" | "textEncoder" | "textEncoder2";

/** One network of a checkpoint: which diffusers or transformers class it is, its configuration and its tensors. */
export interface NetworkFiles {
  readonly className: string;
  /** config.json as published: foreign snake_case keys. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Under the published diffusers names. */
  readonly tensors: StoredTensors;
  /** Names found in the file but not used by the architecture. */
  readonly unused: readonly string[];
}

/** An opened checkpoint. */
export interface Checkpoint {
  readonly path: string;
  readonly format: "diffusers" | "single-file";
  readonly family: ModelFamily;
  readonly task: CheckpointTask;
  readonly prediction: Prediction;
  readonly networks: {
    readonly unet: NetworkFiles;
    readonly vae: NetworkFiles;
    readonly textEncoder?: NetworkFiles;
    readonly textEncoder2?: NetworkFiles;
  };
  readonly tokenizers: { readonly tokenizer?: TokenizerFiles; readonly tokenizer2?: TokenizerFiles };
  /** scheduler_config.json, or the family's default written out in the same form. */
  readonly scheduler: Readonly<Record<string, unknown>>;
  /** model_index.json, where the checkpoint (or the `config` folder) has one. */
  readonly modelIndex?: Readonly<Record<string, unknown>>;
  /** What the folder asks for where the caller leaves it open. */
  readonly preferences: Preferences;
  /** Free-form metadata of the weights file. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Names of the file that belong to no network (EMA copies, schedule buffers). */
  readonly unused: readonly string[];
  /** What was chosen or guessed while opening, in sentences for the user. */
  readonly notes: readonly string[];
  /** A1111's "Model hash": the first 10 hex digits of the SHA-256 of the single file, or of the UNet's weights. */
  hash(): Promise<string>;
}

/** What a caller may fix when the files do not say it. */
export interface OpenCheckpointOptions {
  /** Overrides the detected family. */
  readonly family?: ModelFamily;
  /** Overrides the detected prediction. */
  readonly prediction?: Prediction;
  /** A diffusers-layout folder whose configurations, tokenizers and scheduler describe a single file. */
  readonly config?: string;
  /** A file or folder whose autoencoder takes the place of the checkpoint's own. */
  readonly vae?: string;
  /** Which weights of a diffusers folder to use where there are several: "fp16" for *.fp16.safetensors. */
  readonly variant?: string;
}
