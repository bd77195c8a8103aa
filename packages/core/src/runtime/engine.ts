// What runs networks: an engine on one device, off the caller's thread, and the networks loaded into it.

import type { Graph } from "../graph/graph.ts";
import type { AnyTensor, Tensor } from "../tensor/tensor.ts";
import type { StoredTensors } from "../tensor/stored.ts";

/** Where networks can run. "wasm" is the browser's CPU. */
export type Device = "cpu" | "webgpu" | "wasm";

/** What to run on. */
export interface EngineOptions {
  /** "auto" takes WebGPU where there is an adapter, else the CPU, and says which in `engine.notice`. */
  readonly device?: Device | "auto";
  /** Threads for CPU kernels; all cores by default. */
  readonly threads?: number;
}

/** How to load a network. */
export interface LoadOptions {
  /** The checkpoint's name, for messages. */
  readonly source: string;
  readonly signal?: AbortSignal;
  /** Lets ONNX Runtime rewrite the graph: true by default. Without constant weights it gains nothing and takes half of loading. */
  readonly optimize?: boolean;
  /** Outputs that stay in the engine: every run needs residents to put them into. */
  readonly keep?: KeptOutputs;
}

/** Outputs whose values become residents after a run, and do not travel. */
export interface KeptOutputs {
  /** Resident by output, of the same shape. */
  readonly outputs: Readonly<Record<string, string>>;
  /** A scalar output: where it is not finite, the residents stay as they were before the run. */
  readonly unlessNotFinite?: string;
}

/** How to run a network. */
export interface RunOptions {
  /** Names of the outputs to bring back; all that are not kept by default. */
  readonly outputs?: readonly string[];
  /** Where inputs that are not fed come from, and where kept outputs go. */
  readonly residents?: Residents;
  /** Resident by input, where it is not the one of the input's own name. */
  readonly from?: Readonly<Record<string, string>>;
  /** Rejects at once with the signal's reason; the device finishes the run it is in and drops its result. */
  readonly signal?: AbortSignal;
}

/** A network that is loaded and compiled. */
export interface Network {
  readonly name: string;
  /** What loading took: tracing's result to a session ready to run. */
  readonly loadMs: number;
  /** The part of it before ONNX Runtime's: binding weights, passes, writing the model. */
  readonly prepareMs: number;
  /** Feeds by input name → outputs by name. Throws Error on a missing or misshapen feed, a crash, or too little memory. */
  run(feeds: Readonly<Record<string, AnyTensor>>, options?: RunOptions): Promise<Record<string, Tensor>>;
  /** Frees its weights inside the engine. On the CPU all their memory comes back; a closed engine leaves nothing on any device. */
  unload(): Promise<void>;
}

/** A device in a process (Node) or worker (browser) of its own. Closing it gives back all its memory. */
export interface Engine {
  readonly device: Device;
  /** What the user should know of the device: what "auto" took and why, what a GPU cannot do; undefined when nothing. */
  readonly notice: string | undefined;
  /** Resident memory of the engine's process now and at its peak; undefined in browsers. */
  memory(): Promise<EngineMemory | undefined>;
  load(graph: Graph, tensors: StoredTensors, options: LoadOptions): Promise<Network>;
  /** Takes float32 tensors in, to stay between runs. */
  hold(tensors: Readonly<Record<string, Tensor>>): Promise<Residents>;
  close(): Promise<void>;
}

/** Named float32 tensors that live with an engine: networks read and write them without a copy to the caller. */
export interface Residents {
  /** Shape by name. */
  readonly dims: ReadonlyMap<string, readonly number[]>;
  /** What they take, without the buffers for their next values. */
  readonly bytes: number;
  /** The values now, of all or of `names`. Throws Error when there is none of a name. */
  read(names?: readonly string[]): Promise<Record<string, Tensor>>;
  /** Puts other values into some of them. Throws Error when there is none of a name, TypeError when a shape differs. */
  write(tensors: Readonly<Record<string, Tensor>>): Promise<void>;
  /** Takes further tensors in, in place of those of the same names. */
  add(tensors: Readonly<Record<string, Tensor>>): Promise<void>;
  /** Gives their memory back. */
  release(): Promise<void>;
}

/** Resident memory of an engine's process. */
export interface EngineMemory {
  readonly residentBytes: number;
  readonly peakBytes: number;
}
