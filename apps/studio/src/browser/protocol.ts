// What the page asks of the model's worker, and what it answers.

import type { GenerateEvent } from "@noisette/core/pipelines/events";
import type { GenerateOptions } from "@noisette/core/pipelines/options";
import type { PictureRecord } from "@noisette/core/pipelines/record";
import type { Discretization } from "@noisette/core/diffusion/discretization";
import type { Image } from "@noisette/core/image/image";
import type { Device } from "@noisette/core/runtime/engine";
import type { Tensor } from "@noisette/core/tensor/tensor";
import type { KeptFile } from "./fetch-kept.ts";

/** What the page knows of a model that is open. */
export interface ModelFacts {
  readonly device: Device;
  readonly notices: readonly string[];
  /** Whether the files are kept for the next visit. */
  readonly isKept: boolean;
  readonly prediction: "epsilon" | "v_prediction" | "sample";
  /** Noise level by timestep. */
  readonly discretization: Discretization;
  /** [1,C,h,w] of the size that it was trained for. */
  readonly latentDims: readonly number[];
  /** Pixels to a latent. */
  readonly factor: number;
  /** Channels of its pictures: 4 where it knows transparency. */
  readonly channels: 3 | 4;
  /** What it is used with where nobody says. */
  readonly steps: number;
  readonly guidanceScale: number;
}

/** How much of the files has come. */
export interface OpenProgress {
  readonly receivedBytes: number;
  readonly totalBytes: number;
}

/** The calls: what each takes, tells on its way, and gives in the end. */
export interface Calls {
  open: {
    takes: {
      /** What the model is called. */
      readonly name: string;
      readonly files: readonly (KeptFile & { readonly path: string })[];
      readonly runtime: KeptFile;
      readonly device: Device | "auto";
    };
    tells: OpenProgress;
    gives: ModelFacts;
  };
  generate: {
    takes: {
      readonly options: GenerateOptions;
      readonly init?: Image;
      readonly previewEvery?: number;
      readonly traceSteps?: boolean;
    };
    tells: GenerateEvent;
    gives: undefined;
  };
  encode: { takes: { readonly image: Image }; tells: never; gives: Tensor };
  decode: { takes: { readonly latents: Tensor }; tells: never; gives: Image };
  /** The bytes of a PNG that tells how it was made. */
  png: {
    takes: { readonly image: Image; readonly record: PictureRecord };
    tells: never;
    gives: Uint8Array;
  };
}

/** From the page. */
export type CallMessage =
  | { [K in keyof Calls]: { readonly id: number; readonly kind: K; readonly takes: Calls[K]["takes"] } }[keyof Calls]
  | { readonly id: number; readonly kind: "cancel" };

/** From the worker. */
export type AnswerMessage =
  | { readonly id: number; readonly kind: "tells"; readonly value: Calls[keyof Calls]["tells"] }
  | { readonly id: number; readonly kind: "gives"; readonly value: Calls[keyof Calls]["gives"] }
  | { readonly id: number; readonly kind: "fails"; readonly message: string };
