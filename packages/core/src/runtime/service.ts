// The engine's side of the line: holds ONNX Runtime sessions and serves requests one after another. The same code runs
// in Node's engine process and in the browser's worker; each hands it its own build of ONNX Runtime.

import type * as Ort from "onnxruntime-common";
import type { Target } from "../graph/lowering.ts";
import type { EngineMemory } from "./engine.ts";
import type { Port, ReplyMessage, RequestMessage, Requests, WireTensor } from "./protocol.ts";

/** The parts of ONNX Runtime that both builds share. */
export type OnnxRuntime = Pick<typeof Ort, "InferenceSession" | "Tensor" | "env">;

/** Serves requests from `port` with `ort`, until the process or worker ends. */
export function serve(
  port: Port<RequestMessage, ReplyMessage>,
  ort: OnnxRuntime,
  memory: () => EngineMemory | undefined,
): void {
  const sessions = new Map<number, Ort.InferenceSession>();
  let device: Target = "cpu";
  let threads: number | undefined;
  let next = 0;

  const handlers: { [K in keyof Requests]: (request: Requests[K]["takes"]) => Promise<Requests[K]["gives"]> } = {
    async open({ wasmFolder, ...request }) {
      ({ device, threads } = request);
      if (threads !== undefined) ort.env.wasm.numThreads = threads;
      if (wasmFolder !== undefined) ort.env.wasm.wasmPaths = wasmFolder;
      return undefined;
    },
    async load({ model, weights }) {
      const session = await ort.InferenceSession.create(model, {
        executionProviders: [device],
        // "all" would also reorder convolution weights for NCHWc kernels: 5–15 % faster steps, but 2 GB more at the peak of
        // loading SD 1.5 and twice the loading time (docs/decisions/0007).
        graphOptimizationLevel: "extended",
        logSeverityLevel: 3,
        ...(threads !== undefined && { intraOpNumThreads: threads }),
        ...(weights.folder !== undefined && {
          extra: { session: { model_external_initializers_file_folder_path: weights.folder } },
        }),
        ...(weights.files !== undefined && { externalData: [...weights.files] }),
      });
      sessions.set(next, session);
      return { network: next++ };
    },
    async run({ network, feeds, outputs }) {
      const session = sessionOf(network);
      const tensors = Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, toOrt(ort, feed)]));
      const results = await session.run(tensors, outputs ?? session.outputNames);
      return Object.fromEntries(
        await Promise.all(Object.entries(results).map(async ([name, result]) => [name, await fromOrt(result)])),
      );
    },
    async unload({ network }) {
      const session = sessionOf(network);
      sessions.delete(network);
      await session.release();
      return undefined;
    },
    memory: async () => memory(),
  };

  function sessionOf(network: number): Ort.InferenceSession {
    const session = sessions.get(network);
    if (session === undefined) throw new Error("it is unloaded");
    return session;
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

const fromOrt = async (tensor: Ort.Tensor): Promise<WireTensor> => ({
  dims: [...tensor.dims],
  data: (await tensor.getData()) as WireTensor["data"],
});
