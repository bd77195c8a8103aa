// The caller's side of the line: an Engine whose work happens behind a port. Every request in flight fails when the
// other side goes away, so that a crash there is an error here.

import { bind } from "../graph/bind.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf, inputsOf } from "../graph/graph.ts";
import { dimText } from "../graph/dim.ts";
import { add } from "../graph/ops/elementwise.ts";
import { input } from "../graph/ops/source.ts";
import { toOnnx } from "../graph/to-onnx.ts";
import type { StoredTensors } from "../tensor/stored.ts";
import type { AnyTensor, Tensor } from "../tensor/tensor.ts";
import type { Device, Engine, LoadOptions, Network, RunOptions } from "./engine.ts";
import type { ExternalWeights, Port, ReplyMessage, RequestMessage, Requests, WireTensor } from "./protocol.ts";

/** What differs between a process and a worker. */
export interface Connection extends Port<ReplyMessage, RequestMessage> {
  /** Called once when the other side is gone, with the reason in words. */
  onClose(handle: (reason: string) => void): void;
  /** Ends the other side, with everything it holds. */
  close(): Promise<void>;
  /** Called when requests are in flight (true) and when none are (false), so that idle engines do not keep a program alive. */
  hold?(busy: boolean): void;
  /** Where ONNX Runtime finds `files`, and what to call each of them there. */
  place(files: readonly string[]): Promise<{ weights: ExternalWeights; locate: (file: string) => string }>;
}

/** An engine for `device` behind `connection`. Throws Error when the device cannot be opened. */
export async function connect(
  connection: Connection,
  { device, threads, notice }: { device: Device; threads?: number; notice?: string },
): Promise<Engine> {
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void; doing: string }>();
  let nextId = 0;
  let gone: string | undefined;

  connection.onMessage((reply) => {
    const request = waiting.get(reply.id);
    if (request === undefined) return;
    waiting.delete(reply.id);
    if (waiting.size === 0) connection.hold?.(false);
    if ("error" in reply) request.reject(new Error(`Cannot ${request.doing}: ${reply.error}${advice(reply.error)}`));
    else request.resolve(reply.value as never);
  });
  connection.onClose((reason) => {
    gone = reason;
    for (const { reject, doing } of waiting.values()) reject(new Error(`Cannot ${doing}: ${reason}`));
    waiting.clear();
  });

  function ask<K extends keyof Requests>(
    kind: K,
    doing: string,
    takes: Requests[K]["takes"],
    signal?: AbortSignal,
  ): Promise<Requests[K]["gives"]> {
    signal?.throwIfAborted();
    if (gone !== undefined) return Promise.reject(new Error(`Cannot ${doing}: ${gone}`));
    const id = nextId++;
    return new Promise<Requests[K]["gives"]>((resolve, reject) => {
      const abort = () => reject(signal!.reason as Error);
      const settle = () => signal?.removeEventListener("abort", abort);
      waiting.set(id, {
        doing,
        resolve: (value) => (settle(), resolve(value)),
        reject: (error) => (settle(), reject(error)),
      });
      signal?.addEventListener("abort", abort, { once: true });
      connection.hold?.(true);
      connection.send({ id, kind, ...takes } as RequestMessage);
    });
  }

  async function load(graph: Graph, tensors: StoredTensors, { source, signal }: LoadOptions): Promise<Network> {
    const start = performance.now();
    const doing = `load "${graph.name}" of "${source}" on ${device}`;
    const bindings = bind(graph, tensors, source);
    const { weights, locate } = await connection.place([...new Set([...bindings.values()].map(({ file }) => file))]);
    const { model } = toOnnx(graph, { target: device, bindings, locate });
    const { network } = await ask("load", doing, { name: graph.name, model, weights }, signal);
    const inputs = inputsOf(graph);
    return {
      name: graph.name,
      loadMs: performance.now() - start,
      async run(feeds: Readonly<Record<string, AnyTensor>>, { outputs, signal }: RunOptions = {}) {
        const running = `run "${graph.name}" on ${device}`;
        for (const { name, dims } of inputs) {
          const feed = feeds[name];
          if (feed === undefined) throw new TypeError(`Cannot ${running}: input "${name}" is missing`);
          if (
            feed.dims.length !== dims.length ||
            dims.some((dim, i) => typeof dim === "number" && dim !== feed.dims[i])
          ) {
            throw new TypeError(
              `Cannot ${running}: input "${name}" is [${feed.dims}] ([${dims.map(dimText).join(",")}] is wanted)`,
            );
          }
        }
        return (await ask(
          "run",
          running,
          { network, feeds: feeds as Record<string, WireTensor>, outputs },
          signal,
        )) as Record<string, Tensor>;
      },
      async unload() {
        if (gone === undefined) await ask("unload", `unload "${graph.name}"`, { network });
      },
    };
  }

  const engine: Engine = {
    device,
    notice,
    memory: () => ask("memory", "read the engine's memory", {}),
    load,
    async close() {
      gone ??= "the engine is closed";
      await connection.close();
    },
  };
  try {
    await ask("open", `open an engine on ${device}`, { device, threads });
    if (device === "webgpu") await tryDevice(engine);
  } catch (error) {
    await engine.close();
    throw error;
  }
  return engine;
}

/** Runs x + x, so that a missing adapter is found when the engine is opened and not at the first picture. */
async function tryDevice(engine: Engine): Promise<void> {
  const x = input("x", [1]);
  const network = await engine.load(graphOf("device check", { sum: add(x, x) }), new Map(), { source: "nothing" });
  await network.run({ x: { dims: [1], data: Float32Array.of(1) } });
  await network.unload();
}

/** What a person can do about the commonest native errors. */
function advice(error: string): string {
  if (/alloc|out of memory|bad_alloc/i.test(error))
    return " (more free memory, a smaller picture or tiled decoding is wanted)";
  if (/webgpu.*(adapter|device|not supported|not available)/i.test(error))
    return ' (a GPU with a Vulkan, Metal or D3D12 driver, or device "cpu", is wanted)';
  return "";
}
