// Tensors that live in the engine between runs: a training's weights and averages. A run reads them as inputs and
// writes their next values; nothing travels.

import type * as Ort from "onnxruntime-common";
import { elementCount } from "../tensor/tensor.ts";
import type { OnnxRuntime } from "./service.ts";

/** Named float32 tensors where the device can reach them. */
export interface ResidentStore {
  add(name: string, dims: readonly number[], values: Float32Array): Promise<void>;
  /** The tensor to feed. */
  get(name: string): Ort.Tensor;
  /** Where ONNX Runtime is to write the next value of `name`; null lets it take memory of its own. */
  room(name: string): Ort.Tensor | null;
  /** Makes a run's result the value of `name`. */
  take(name: string, result: Ort.Tensor): void;
  /** Lets a run's result for `name` go. */
  refuse(name: string, result: Ort.Tensor): void;
  read(name: string): Promise<Float32Array>;
  write(name: string, values: Float32Array): Promise<void>;
  release(): void;
}

/**
 * Residents in the process's own memory. With `preallocate`, each that is written has two buffers that change roles, so
 * that ONNX Runtime neither allocates its result nor writes over what it still reads; without (onnxruntime-web cannot
 * write into a caller's array), its result takes the old one's place.
 */
export function hostResidents(ort: OnnxRuntime, { preallocate }: { preallocate: boolean }): ResidentStore {
  const wrap = (data: Float32Array, dims: readonly number[]) =>
    new ort.Tensor("float32", data, dims) as Ort.TypedTensor<"float32">;
  const current = new Map<string, Ort.TypedTensor<"float32">>();
  const twins = new Map<string, Ort.TypedTensor<"float32">>();
  const get = (name: string) => current.get(name)!;
  return {
    async add(name, dims, values) {
      // A copy: what arrives may be a view of the whole message.
      current.set(name, wrap(values.slice(), dims));
      twins.delete(name);
    },
    get,
    room(name) {
      if (!preallocate) return null;
      const { size, dims } = get(name);
      const twin = twins.get(name) ?? wrap(new Float32Array(size), dims);
      twins.set(name, twin);
      return twin;
    },
    take(name, result) {
      const twin = twins.get(name);
      if (twin === undefined) return void current.set(name, result as Ort.TypedTensor<"float32">);
      twins.set(name, get(name));
      current.set(name, twin);
      freeCopy(result, twin);
    },
    refuse(name, result) {
      const twin = twins.get(name);
      if (twin !== undefined) freeCopy(result, twin);
    },
    read: async (name) => get(name).data as Float32Array,
    write: async (name, values) => (get(name).data as Float32Array).set(values),
    release() {
      current.clear();
      twins.clear();
    },
  };
}

/** onnxruntime-node 1.30 also gives a copy of what it wrote into `twin`. Where the language can, its memory goes back at once. */
function freeCopy(result: Ort.Tensor, twin: Ort.Tensor): void {
  const { buffer } = result.data as Float32Array & { buffer: ArrayBuffer & { transfer?(length: number): ArrayBuffer } };
  if (buffer !== (twin.data as Float32Array).buffer) buffer.transfer?.(0);
}

/**
 * Residents on a GPU. They come and go through `copyModel`, which gives its input `x` [n] back as `y`: onnxruntime-node
 * has no other way to a GPU's memory (`getData` of such a tensor ends the process).
 */
export async function gpuResidents(ort: OnnxRuntime, copyModel: Uint8Array): Promise<ResidentStore> {
  const session = (location: "cpu" | "gpu-buffer") =>
    ort.InferenceSession.create(copyModel, { executionProviders: ["webgpu"], preferredOutputLocation: location });
  const [upload, download] = [await session("gpu-buffer"), await session("cpu")];
  const current = new Map<string, { readonly dims: readonly number[]; readonly tensor: Ort.Tensor }>();
  const view = (tensor: Ort.Tensor, dims: readonly number[]) =>
    ort.Tensor.fromGpuBuffer(tensor.gpuBuffer as never, { dataType: "float32", dims });
  const replace = (name: string, dims: readonly number[], tensor: Ort.Tensor) => {
    current.get(name)?.tensor.dispose();
    current.set(name, { dims, tensor });
  };
  const add = async (name: string, dims: readonly number[], values: Float32Array) => {
    const { y } = await upload.run({ x: new ort.Tensor("float32", values, [values.length]) });
    replace(name, dims, y);
  };
  return {
    add,
    get(name) {
      const { dims, tensor } = current.get(name)!;
      return view(tensor, dims);
    },
    room: () => null,
    take: (name, result) => replace(name, current.get(name)!.dims, result),
    refuse: (_, result) => result.dispose(),
    async read(name) {
      const { dims, tensor } = current.get(name)!;
      const { y } = await download.run({ x: view(tensor, [elementCount(dims)]) });
      return (await y.getData()) as Float32Array;
    },
    write: (name, values) => add(name, current.get(name)!.dims, values),
    release() {
      for (const { tensor } of current.values()) tensor.dispose();
      current.clear();
      void upload.release();
      void download.release();
    },
  };
}
