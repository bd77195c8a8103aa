// What an engine promises its caller: time, errors in words, cancellation, and that weights are found where they lie.

import { cp, mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { matmulChain, ones } from "../../../../fixtures/matmul-chain.ts";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { withDriver } from "../../../../fixtures/test-devices.ts";
import { openCheckpoint } from "../checkpoints/open.ts";
import { readWeights } from "../checkpoints/weights-file.ts";
import { symbol } from "../graph/dim.ts";
import { graphOf, parametersOf } from "../graph/graph.ts";
import { add, relu } from "../graph/ops/elementwise.ts";
import { input } from "../graph/ops/source.ts";
import { autoencoderKlConfig, decoderGraph } from "../models/autoencoder-kl.ts";
import type { StoredTensors } from "../tensor/stored.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Engine } from "./engine.ts";
import { evaluate } from "./evaluate.ts";
import { openEngine, probeDevices } from "./open-engine.ts";

let engine: Engine;
beforeAll(async () => void (engine = await openEngine({ device: "cpu", threads: 1 })));
afterAll(() => engine.close());

const double = graphOf("double", { y: add(input("x", [symbol("n")]), input("z", [symbol("n")])) });
const two: Tensor = { dims: [2], data: Float32Array.of(1, 2) };
/** Shows that the engine works. */
const worksStill = async () => {
  const { y } = await evaluate(engine, double, { x: two, z: two });
  expect(Array.from(y.data)).toEqual([2, 4]);
};

describe("Network.run()", () => {
  it("run() leaves the caller's thread free while a network computes for seconds", async () => {
    const probe = await matmulChain(engine, 4);
    await probe.run();
    const start = performance.now();
    await probe.run();
    const length = Math.ceil((4 * 4000) / (performance.now() - start)); // about 4 s of this machine's
    const chain = await matmulChain(engine, Math.min(length, 2000));

    let [last, lag, ticks] = [performance.now(), 0, 0];
    const timer = setInterval(() => {
      const now = performance.now();
      [lag, last, ticks] = [Math.max(lag, now - last - 10), now, ticks + 1];
    }, 10);
    const began = performance.now();
    await chain.run();
    const tookMs = performance.now() - began;
    clearInterval(timer);
    expect(tookMs).toBeGreaterThan(1000);
    expect(ticks).toBeGreaterThan(tookMs / 40);
    // A run on the caller's own thread would be late by seconds. 300 ms leaves room for other programs' share of the cores.
    expect(lag).toBeLessThan(300);
    await Promise.all([probe.unload(), chain.unload()]);
  });

  it("run() rejects at once with the signal's reason, and the engine goes on", async () => {
    const chain = await matmulChain(engine, 30);
    const stop = new AbortController();
    const running = chain.run({ signal: stop.signal });
    const reason = new Error("stopped by the user");
    setTimeout(() => stop.abort(reason), 50);
    const start = performance.now();
    await expect(running).rejects.toBe(reason);
    expect(performance.now() - start).toBeLessThan(300); // 50 of them ours
    await expect(chain.run({ signal: stop.signal })).rejects.toBe(reason);
    await worksStill();
    await chain.unload();
  });

  it("run() names the input when one is missing, of another shape, or of another batch", async () => {
    const network = await engine.load(double, new Map(), { source: "nothing" });
    await expect(network.run({ x: two })).rejects.toThrow('Cannot run "double" on cpu: input "z" is missing');
    await expect(network.run({ x: two, z: ones([3]) })).rejects.toThrow(
      'Cannot run "double" on cpu: input "z" is [3] ([n], where n = 2, is wanted)',
    );
    await network.unload();
    await expect(network.run({ x: two, z: two })).rejects.toThrow('Cannot run "double" on cpu: it is unloaded');
    await expect(network.unload()).rejects.toThrow('Cannot unload "double": it is unloaded');
  });

  it("run() brings back the outputs that were asked for", async () => {
    const [x, z] = [input("x", [2]), input("z", [2])];
    const graph = graphOf("both", { sum: add(x, z), positive: relu(x) });
    const network = await engine.load(graph, new Map(), { source: "nothing" });
    expect(Object.keys(await network.run({ x: two, z: two }, { outputs: ["positive"] }))).toEqual(["positive"]);
    await network.unload();
  });

  it("run() rejects when a result is larger than memory, and the engine goes on", async () => {
    const [rows, columns] = [2 ** 22, 2 ** 20]; // 17.6 TB of float32
    const graph = graphOf("huge", { y: relu(add(input("x", [rows, 1]), input("z", [1, columns]))) });
    await expect(evaluate(engine, graph, { x: ones([rows, 1]), z: ones([1, columns]) })).rejects.toThrow(
      /^Cannot run "huge" on cpu: .*\(more free memory, a smaller picture or tiled decoding is wanted\)$/s,
    );
    await worksStill();
  });
});

describe("openEngine()", () => {
  it("openEngine() throws RangeError with the devices there are when asked for another", async () => {
    await expect(openEngine({ device: "wasm" })).rejects.toThrow(
      new RangeError('Cannot open an engine on "wasm": not a device here (webgpu, cpu or auto is wanted)'),
    );
  });

  it("openEngine() says what it took when asked for auto", async () => {
    const auto = await withDriver("webgpu", openEngine);
    expect(auto.notice).toMatch(/^device auto took (webgpu|cpu \(.+\))(;|$)/);
    await auto.close();
    const probed = await withDriver("webgpu", probeDevices);
    expect(probed.map(({ device }) => device)).toEqual(["webgpu", "cpu"]);
    expect(probed[1].problem).toBeUndefined();
    expect(auto.device).toBe(probed.find(({ problem }) => problem === undefined)!.device);
  });

  it("openEngine() throws with the reason and the way out when there is no adapter", async () => {
    const drivers = process.env.VK_DRIVER_FILES;
    process.env.VK_DRIVER_FILES = "none"; // the loader finds no driver
    try {
      const problem = (await probeDevices())[0].problem;
      expect(problem).toMatch(/^Cannot open an engine on webgpu: .*adapter.*\(a GPU .* or device "cpu", is wanted\)$/s);
      expect(problem).not.toMatch(/onnxruntime_src/);
      const auto = await openEngine();
      expect(auto.notice).toMatch(/^device auto took cpu \(not webgpu: /);
      await auto.close();
    } finally {
      if (drivers === undefined) delete process.env.VK_DRIVER_FILES;
      else process.env.VK_DRIVER_FILES = drivers;
    }
  });
});

describe("Engine.load()", () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "noisette-load-"))));
  afterAll(() => rm(folder, { recursive: true }));

  const latents: Tensor = { dims: [1, 4, 2, 2], data: Float32Array.from({ length: 16 }, (_, i) => Math.sin(i)) };
  async function decoder() {
    const { networks } = await openCheckpoint(fixturePath("models/sd1"));
    const graph = decoderGraph(autoencoderKlConfig(networks.vae.config));
    return {
      graph,
      tensors: networks.vae.tensors,
      image: (await evaluate(engine, graph, { latents }, networks.vae)).image,
    };
  }

  it("load() follows links as the Hub's cache lays them", async () => {
    const { graph, image } = await decoder();
    const snapshot = join(folder, "models--a--b/snapshots/1/vae");
    await mkdir(snapshot, { recursive: true });
    await mkdir(join(folder, "models--a--b/blobs"));
    const blob = join(folder, "models--a--b/blobs/0123");
    await cp(fixturePath("models/sd1/vae/diffusion_pytorch_model.safetensors"), blob);
    await symlink("../../../blobs/0123", join(snapshot, "model.safetensors"));
    const { tensors } = await readWeights(join(snapshot, "model.safetensors"));
    expect((await evaluate(engine, graph, { latents }, { tensors })).image).toEqual(image);
  });

  it("load() takes weights from several files in several folders", async () => {
    const { graph, tensors, image } = await decoder();
    const places = [join(folder, "one.safetensors"), join(folder, "deep/er/two.safetensors")];
    await mkdir(join(folder, "deep/er"), { recursive: true });
    for (const place of places) await cp(fixturePath("models/sd1/vae/diffusion_pytorch_model.safetensors"), place);
    const spread: StoredTensors = new Map(
      [...tensors].map(([name, stored], i) => [name, { ...stored, file: places[i % 2] }]),
    );
    expect((await evaluate(engine, graph, { latents }, { tensors: spread })).image).toEqual(image);
  });

  it("load() rejects in words when a file is gone or too short, and the engine goes on", async () => {
    const { graph, tensors } = await decoder();
    const file = join(folder, "short.safetensors");
    await writeFile(file, "short");
    const in_ = (path: string): StoredTensors =>
      new Map([...tensors].map(([name, stored]) => [name, { ...stored, file: path }]));
    await expect(engine.load(graph, in_(file), { source: "short" })).rejects.toThrow(
      /^Cannot load "vae_decoder" of "short" on cpu: /,
    );
    await rename(file, `${file}.gone`);
    await expect(engine.load(graph, in_(file), { source: "gone" })).rejects.toThrow(/short\.safetensors/);
    await worksStill();
  });

  it("load() names a missing weight before anything is loaded", async () => {
    const { graph, tensors } = await decoder();
    const [{ name }] = parametersOf(graph);
    const less = new Map([...tensors].filter(([own]) => own !== name));
    await expect(engine.load(graph, less, { source: "less" })).rejects.toThrow(`Cannot load "less": missing "${name}"`);
  });

  it("load() rejects with the signal's reason and keeps nothing when aborted", async () => {
    const { graph, tensors } = await decoder();
    const stop = new AbortController();
    const loading = engine.load(graph, tensors, { source: "sd1", signal: stop.signal });
    stop.abort(new Error("changed my mind"));
    await expect(loading).rejects.toThrow("changed my mind");
    await worksStill();
  });
});
