// What the caller and the engine's process say to each other. Everything is plain data that survives structured cloning.

import type { Target } from "../graph/lowering.ts";
import type { EngineMemory, KeptOutputs } from "./engine.ts";

/** A tensor on the wire: the array's class is its element type. */
export interface WireTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;
}

/** Where a model's external weights are: a folder (Node), or the files' bytes by name (browser). */
export interface ExternalWeights {
  readonly folder?: string;
  readonly files?: readonly { readonly path: string; readonly data: Uint8Array }[];
}

/** Requests by kind, each with what it takes and what it gives. */
export interface Requests {
  /** Sets the device for what is loaded from now on. `wasm` is where a browser finds ONNX Runtime's .wasm files: their folder, or the one file. */
  open: { takes: { device: Target; threads?: number; wasm?: string | { readonly wasm: string } }; gives: undefined };
  /** `keep`: outputs whose values become residents; `optimize`: whether ONNX Runtime may rewrite the graph. */
  load: {
    takes: { model: Uint8Array; weights: ExternalWeights; keep: KeptOutputs | undefined; optimize: boolean };
    gives: { network: number };
  };
  run: {
    takes: {
      network: number;
      feeds: Record<string, WireTensor>;
      outputs: readonly string[] | undefined;
      /** A holding, and which of its tensors is which further input. */
      residents: { readonly holding: number; readonly inputs: Readonly<Record<string, string>> } | undefined;
    };
    gives: Record<string, WireTensor>;
  };
  unload: { takes: { network: number }; gives: undefined };
  /** Opens a holding of residents, empty; `copyModel` is how GPUs copy. */
  hold: { takes: { copyModel: Uint8Array }; gives: { holding: number } };
  add: { takes: { holding: number; tensors: Record<string, WireTensor> }; gives: undefined };
  read: { takes: { holding: number; names: readonly string[] }; gives: Record<string, Float32Array> };
  write: { takes: { holding: number; values: Record<string, Float32Array> }; gives: undefined };
  release: { takes: { holding: number }; gives: undefined };
  memory: { takes: Record<string, never>; gives: EngineMemory | undefined };
}

/** A request on the wire. */
export type RequestMessage = {
  [K in keyof Requests]: { readonly id: number; readonly kind: K } & Requests[K]["takes"];
}[keyof Requests];
/** Its answer: a value, or what went wrong. */
export type ReplyMessage =
  | { readonly id: number; readonly value: Requests[keyof Requests]["gives"] }
  | { readonly id: number; readonly error: string };

/** Either end of the line. */
export interface Port<In, Out> {
  send(message: Out): void;
  onMessage(handle: (message: In) => void): void;
}
