// CONTRACT (being implemented)
import type { Device } from "../runtime/engine.ts";
import type { Checkpoint, OpenCheckpointOptions } from "../checkpoints/checkpoint.ts";
import type { Image } from "../image/image.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { GenerateEvent, ImageEvent } from "./events.ts";
import type { GenerateOptions } from "./options.ts";

export interface LoadModelOptions extends OpenCheckpointOptions {
  readonly device?: Device | "auto";
  readonly threads?: number;
  readonly revision?: string;
  readonly signal?: AbortSignal;
  /** Hub download progress and other things worth telling. */
  readonly onDownload?: (progress: { file: string; receivedBytes: number; totalBytes: number }) => void;
  /** TAESD for previews. */
  readonly previewDecoder?: string;
}

/** Inputs of one generation that are not plain data. */
export interface GenerateInputs {
  readonly init?: Image | Tensor;
  readonly signal?: AbortSignal;
  /** Show the picture every so many steps; 0 never. */
  readonly previewEvery?: number;
}

/** A run: iterate its events, or await its pictures. */
export interface Generation extends AsyncIterable<GenerateEvent>, PromiseLike<{ readonly images: readonly ImageEvent[] }> {}

export interface Model {
  readonly checkpoint: Checkpoint;
  readonly device: Device;
  readonly notices: readonly string[];
  generate(options: GenerateOptions & GenerateInputs): Generation;
  close(): Promise<void>;
}
export declare function load(idOrPath: string, options?: LoadModelOptions): Promise<Model>;
