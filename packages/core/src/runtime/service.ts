// The engine's side of the line: holds ONNX Runtime sessions and serves requests one after another. The same code runs
// in Node's engine process and in the browser's worker; each hands it its own build of ONNX Runtime.

import type * as Ort from "onnxruntime-common";
import type { Target } from "../graph/lowering.ts";
import type { EngineMemory, KeptOutputs } from "./engine.ts";
import type { Port, ReplyMessage, RequestMessage, Requests, WireTensor } from "./protocol.ts";
import type { ResidentStore } from "./residents.ts";
import { gpuResidents, hostResidents } from "./residents.ts";

/** The parts of ONNX Runtime that both builds share. */
export type OnnxRuntime = Pick<typeof Ort, "InferenceSession" | "Tensor" | "env">;

/** Serves requests from `port` with `ort`, until the process or worker ends. */
export function serve(
  port: Port<RequestMessage, ReplyMessage>,
  ort: OnnxRuntime,
  memory: () => EngineMemory | undefined,
): void {
  const networks = new Map<number, { readonly session: Ort.InferenceSession; readonly keep: KeptOutputs }>();
  const holdings = new Map<number, ResidentStore>();
  let device: Target = "cpu";
  let threads: number | undefined;
  let next = 0;

  const handlers: { [K in keyof Requests]: (request: Requests[K]["takes"]) => Promise<Requests[K]["gives"]> } = {
    async open({ wasm, ...request }) {
      ({ device, threads } = request);
      if (threads !== undefined) ort.env.wasm.numThreads = threads;
      if (wasm !== undefined) ort.env.wasm.wasmPaths = wasm;
      return undefined;
    },
    async load({ model, weights, keep = { outputs: {} }, optimize }) {
      const session = await ort.InferenceSession.create(model, {
        executionProviders: [device],
        // "all" would also reorder convolution weights for NCHWc kernels: 5–15 % faster steps, but 2 GB more at the peak of
        // loading SD 1.5 and twice the loading time (docs/decisions/0007).
        graphOptimizationLevel: optimize ? "extended" : "disabled",
        logSeverityLevel: 3,
        ...(threads !== undefined && { intraOpNumThreads: threads }),
        extra: {
          session: {
            // Looks at every node for a function body to inline: a seventh of loading, and no operator of ours has need of it.
            disable_aot_function_inlining: "1",
            ...(weights.folder !== undefined && { model_external_initializers_file_folder_path: weights.folder }),
          },
        },
        ...(weights.files !== undefined && { externalData: [...weights.files] }),
        // What stays on the GPU has to be said here.
        ...(device === "webgpu" &&
          Object.keys(keep.outputs).length > 0 && {
            preferredOutputLocation: Object.fromEntries(
              Object.keys(keep.outputs).map((output) => [output, "gpu-buffer"] as const),
            ),
          }),
      });
      networks.set(next, { session, keep });
      return { network: next++ };
    },
    async run({ network, feeds, outputs, residents }) {
      const { session, keep } = networkOf(network);
      const tensors = Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, toOrt(ort, feed)]));
      const wanted = outputs ?? session.outputNames.filter((name) => !Object.hasOwn(keep.outputs, name));
      if (residents === undefined) return collect(wanted, await session.run(tensors, wanted));

      const store = storeOf(residents.holding);
      const kept = Object.entries(keep.outputs);
      for (const [input, name] of Object.entries(residents.inputs)) tensors[input] = store.get(name);
      const results = await session.run(tensors, {
        ...Object.fromEntries([...wanted, keep.unlessNotFinite ?? []].flat().map((name) => [name, null])),
        ...Object.fromEntries(kept.map(([output, name]) => [output, store.room(name)])),
      });
      const guard = keep.unlessNotFinite === undefined ? 0 : Number(results[keep.unlessNotFinite].data[0]);
      for (const [output, name] of kept) store[Number.isFinite(guard) ? "take" : "refuse"](name, results[output]);
      return collect(wanted, results);
    },
    async unload({ network }) {
      const { session } = networkOf(network);
      networks.delete(network);
      await session.release();
      return undefined;
    },
    async hold({ copyModel }) {
      const store =
        device === "webgpu"
          ? await gpuResidents(ort, copyModel)
          : hostResidents(ort, { preallocate: device === "cpu" });
      holdings.set(next, store);
      return { holding: next++ };
    },
    async add({ holding, tensors }) {
      const store = storeOf(holding);
      for (const [name, { dims, data }] of Object.entries(tensors)) await store.add(name, dims, data as Float32Array);
      return undefined;
    },
    async read({ holding, names }) {
      const store = storeOf(holding);
      const values: Record<string, Float32Array> = {};
      for (const name of names) values[name] = await store.read(name);
      return values;
    },
    async write({ holding, values }) {
      const store = storeOf(holding);
      for (const [name, value] of Object.entries(values)) await store.write(name, value);
      return undefined;
    },
    async release({ holding }) {
      storeOf(holding).release();
      holdings.delete(holding);
      return undefined;
    },
    memory: async () => memory(),
  };

  function networkOf(network: number) {
    const found = networks.get(network);
    if (found === undefined) throw new Error("it is unloaded");
    return found;
  }
  function storeOf(holding: number): ResidentStore {
    const found = holdings.get(holding);
    if (found === undefined) throw new Error("the residents are released");
    return found;
  }

  let queue: Promise<void> = Promise.resolve();
  port.onMessage((request) => {
    queue = queue.then(async () => {
      try {
        const value = await handlers[request.kind](request as never);
        port.send({ id: request.id, value });
      } catch (error) {
        port.send({ id: request.id, error: error instanceof Error ? error.message : String(error) });
      }
    });
  });
}

const elementTypes = {
  Float32Array: "float32",
  Float64Array: "float64",
  Int32Array: "int32",
  BigInt64Array: "int64",
  Uint8Array: "uint8",
} as const;

const toOrt = (ort: OnnxRuntime, { dims, data }: WireTensor): Ort.Tensor =>
  new ort.Tensor(elementTypes[data.constructor.name as keyof typeof elementTypes], data as Float32Array, dims);

const collect = async (
  names: readonly string[],
  results: Readonly<Record<string, Ort.Tensor>>,
): Promise<Record<string, WireTensor>> =>
  Object.fromEntries(await Promise.all(names.map(async (name) => [name, await fromOrt(results[name])] as const)));

const fromOrt = async (tensor: Ort.Tensor): Promise<WireTensor> => ({
  dims: [...tensor.dims],
  data: (await tensor.getData()) as WireTensor["data"],
});
