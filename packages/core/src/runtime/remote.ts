// The caller's side of the line: an Engine whose work happens behind a port. Every request in flight fails when the
// other side goes away, so that a crash there is an error here.

import { bind } from "../graph/bind.ts";
import type { Graph } from "../graph/graph.ts";
import { inputsOf } from "../graph/graph.ts";
import { shareCommonValues } from "../graph/passes/share-common-values.ts";
import type { LoweringOptions } from "../graph/to-onnx.ts";
import { toOnnx } from "../graph/to-onnx.ts";
import type { StoredTensor, StoredTensors } from "../tensor/stored.ts";
import type { AnyTensor, Tensor } from "../tensor/tensor.ts";
import { checkAdapter, checkFusedAttention } from "./device-check.ts";
import type { Device, Engine, LoadOptions, Network, RunOptions } from "./engine.ts";
import { checkFeeds } from "./feeds.ts";
import type { HeldTensors } from "./held-tensors.ts";
import { checkKept, hold } from "./held-tensors.ts";
import type { ExternalWeights, Port, ReplyMessage, RequestMessage, Requests, WireTensor } from "./protocol.ts";

/** What differs between a process and a worker. */
export interface Connection extends Port<ReplyMessage, RequestMessage> {
  /** Called once when the other side is gone, with the reason in words. */
  onClose(handle: (reason: string) => void): void;
  /** Ends the other side, with everything it holds. */
  close(): Promise<void>;
  /** Called when requests are in flight (true) and when none are (false), so that idle engines do not keep a program alive. */
  hold?(busy: boolean): void;
  /** Puts `tensors` where ONNX Runtime finds them, and says where that is. */
  place(tensors: readonly StoredTensor[]): Promise<{ weights: ExternalWeights; locate: LoweringOptions["locate"] }>;
}

/** What an engine is opened with, and how its kind of other side is set up. */
export type ConnectOptions = Omit<Requests["open"]["takes"], "device"> & { device: Device; notice?: string };

/** An engine behind `connection`. Throws Error when the device cannot be opened. */
export async function connect(
  connection: Connection,
  { device, notice, ...settings }: ConnectOptions,
): Promise<Engine> {
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void; doing: string }>();
  let nextId = 0;
  let gone: string | undefined;
  let fusedAttention = true;

  connection.onMessage((reply) => {
    const request = waiting.get(reply.id);
    if (request === undefined) return;
    waiting.delete(reply.id);
    if (waiting.size === 0) connection.hold?.(false);
    if ("error" in reply) request.reject(new Error(`Cannot ${request.doing}: ${inWords(reply.error)}`));
    else request.resolve(reply.value as never);
  });
  connection.onClose((reason) => {
    gone ??= reason;
    for (const { reject, doing } of waiting.values()) reject(new Error(`Cannot ${doing}: ${gone}`));
    waiting.clear();
  });

  function ask<K extends keyof Requests>(
    kind: K,
    doing: string,
    takes: Requests[K]["takes"],
  ): Promise<Requests[K]["gives"]> {
    if (gone !== undefined) return Promise.reject(new Error(`Cannot ${doing}: ${gone}`));
    const id = nextId++;
    return new Promise<Requests[K]["gives"]>((resolve, reject) => {
      waiting.set(id, { doing, resolve, reject });
      connection.hold?.(true);
      connection.send({ id, kind, ...takes } as RequestMessage);
    });
  }

  async function load(
    traced: Graph,
    tensors: StoredTensors,
    { source, signal, keep, optimize = true }: LoadOptions,
  ): Promise<Network> {
    signal?.throwIfAborted();
    const start = performance.now();
    const graph = shareCommonValues(traced);
    const { name } = graph;
    const bindings = bind(graph, tensors, source);
    const { weights, locate } = await connection.place([...bindings.values()]);
    const model = toOnnx(graph, { target: device, bindings, locate, fusedAttention });
    const prepareMs = performance.now() - start;
    const loading = ask("load", `load "${name}" of "${source}" on ${device}`, { model, weights, keep, optimize });
    const { network } = await unlessAborted(loading, signal).catch((error) => {
      // What nobody waits for any more is not kept either.
      loading.then(({ network }) => ask("unload", `unload "${name}"`, { network })).catch(() => {});
      throw error;
    });
    const inputs = inputsOf(graph);
    const taken = new Set(inputs.map(({ name }) => name));
    return {
      name,
      loadMs: performance.now() - start,
      prepareMs,
      async run(feeds: Readonly<Record<string, AnyTensor>>, { outputs, signal, residents, from }: RunOptions = {}) {
        signal?.throwIfAborted();
        const doing = `run "${name}" on ${device}`;
        const held = checkFeeds(inputs, feeds, doing, { residents, from });
        if (keep !== undefined) checkKept(graph, keep, residents, doing);
        const running = ask("run", doing, {
          network,
          feeds: Object.fromEntries(Object.entries(feeds).filter(([name]) => taken.has(name))) as Record<
            string,
            WireTensor
          >,
          outputs,
          residents: residents && { holding: (residents as HeldTensors).holding, inputs: held },
        });
        return (await unlessAborted(running, signal)) as Record<string, Tensor>;
      },
      async unload() {
        if (gone === undefined) await ask("unload", `unload "${name}"`, { network });
      },
    };
  }

  const notices = notice === undefined ? [] : [notice];
  const engine: Engine = {
    device,
    get notice() {
      return notices.length === 0 ? undefined : notices.join("; ");
    },
    memory: () => ask("memory", "read the engine's memory", {}),
    load,
    hold: (tensors) => hold(ask, tensors, device),
    async close() {
      gone ??= "the engine is closed";
      await connection.close();
    },
  };
  const opening = `open an engine on ${device}`;
  try {
    await ask("open", opening, { device, ...settings });
    if (device === "webgpu") {
      await checkAdapter(engine);
      fusedAttention = await checkFusedAttention(engine);
      if (!fusedAttention)
        notices.push("this GPU's fused attention is wrong: plain products take its place, with more memory");
    }
  } catch (cause) {
    await engine.close();
    const reason = (cause as Error).message.replace(/^Cannot .*? on \w+: /, "");
    throw new Error(`Cannot ${opening}: ${reason}`, { cause });
  }
  return engine;
}

/** `promise`, or the signal's reason if that comes first. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  if (signal.aborted) return Promise.reject(signal.reason as Error);
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** A native error without its place in the source, and what a person can do about the commonest. */
function inWords(error: string): string {
  const reason = error.replace(/^\/\S*onnxruntime\S* .* was false\. /s, "").trim();
  const known = knownFailures.find(({ told }) => told.test(reason));
  return known === undefined ? reason : `${known.is ?? reason} (${known.wanted} is wanted)`;
}

interface KnownFailure {
  /** What ONNX Runtime says. */
  readonly told: RegExp;
  /** The same for a person, where its words tell them nothing. */
  readonly is?: string;
  readonly wanted: string;
}

const knownFailures: readonly KnownFailure[] = [
  { told: /alloc|out of memory/i, wanted: "more free memory, a smaller picture or tiled decoding" },
  {
    told: /requires f16 but the device does not support it/i,
    is: "its weights are float16, which this GPU does not know",
    wanted: 'a GPU with shader-f16, weights in float32 as of noisette convert --type fp32, or device "cpu",',
  },
  {
    told: /webgpu.*(adapter|device|supported|available)/i,
    wanted: 'a GPU with a Vulkan, Metal or D3D12 driver, or device "cpu",',
  },
];
