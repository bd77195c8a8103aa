// Weights where checkpoints keep them: every stored type and form, at odd places, over several files; and one session
// for many sizes.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { onEachDevice } from "../../../../fixtures/on-each-device.ts";
import { conv2d } from "../nn/layers.ts";
import { resnetBlock } from "../nn/resnet.ts";
import { spatialTransformer } from "../nn/transformer.ts";
import { evaluate } from "../runtime/evaluate.ts";
import { openEngine } from "../runtime/open-engine.ts";
import type { StoredTensor, StoredType } from "../tensor/stored.ts";
import { elementCount } from "../tensor/tensor.ts";
import { float32ToBfloat16, float32ToFloat16 } from "../util/half.ts";
import { symbol } from "./dim.ts";
import type { Dim } from "./dim.ts";
import { graphOf, parametersOf } from "./graph.ts";
import { linear } from "./ops/linear-algebra.ts";
import { takeToken } from "./ops/lookup.ts";
import { concat, resizeNearest } from "./ops/shape.ts";
import { input, integers } from "./ops/source.ts";
import { parameters } from "./params.ts";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "noisette-weights-"))));
afterAll(() => rm(folder, { recursive: true }));

/** Small whole numbers and halves: exact in every type. */
const values = (count: number, seed: number) =>
  Float32Array.from({ length: count }, (_, i) => ((i * seed) % 17) / 2 - 4);
const encode: Partial<Record<StoredType, (values: Float32Array) => { buffer: ArrayBufferLike }>> = {
  F32: (x) => x,
  F64: (x) => Float64Array.from(x),
  F16: float32ToFloat16,
  BF16: float32ToBfloat16,
};

/** Writes the tensors one after another behind `gap` bytes, so that none is aligned. */
async function store(file: string, tensors: readonly { type: StoredType; values: Float32Array }[], gap = 3) {
  const parts: Uint8Array[] = [];
  let end = 0;
  const places = tensors.map(({ type, values }) => {
    const bytes = new Uint8Array(encode[type]!(values).buffer);
    parts.push(new Uint8Array(gap), bytes);
    const offset = end + gap;
    end = offset + bytes.length;
    return { file: join(folder, file), type, offset, byteLength: bytes.length, name: file };
  });
  await writeFile(join(folder, file), Buffer.concat(parts));
  return places;
}

const product = (x: Float32Array, weight: Float32Array, [rows, columns]: [number, number]) =>
  Array.from({ length: rows }, (_, i) => x.reduce((sum, value, j) => sum + value * weight[i * columns + j], 0));

onEachDevice("toOnnx()", (_device, engine) => {
  it("toOnnx() reads weights of every type, sliced, turned and reshaped, over several files", async () => {
    const x = values(4, 3);
    const [a, b, c, fused] = [values(24, 5), values(24, 7), values(24, 11), values(3 * 16, 13)];
    const turned = Float32Array.from({ length: 24 }, (_, i) => c[(i % 6) * 4 + Math.floor(i / 6)]); // [4,6]
    const [first, second, third] = await store("a.bin", [
      { type: "F16", values: a },
      { type: "BF16", values: b },
      { type: "F32", values: turned },
    ]);
    const [whole, wide] = await store(
      "b.bin",
      [
        { type: "F16", values: fused },
        { type: "F64", values: a },
      ],
      5,
    );
    const [odd] = await store("c.bin", [{ type: "F32", values: a }]);
    const rows = (k: number): StoredTensor => ({
      ...whole,
      dims: [4, 4],
      offset: whole.offset + k * 32,
      byteLength: 32,
    });
    const tensors = new Map<string, StoredTensor>([
      ["half", { ...first, dims: [6, 4] }],
      ["bfloat", { ...second, dims: [6, 4, 1, 1] }],
      ["transposed", { ...third, dims: [4, 6], transposed: true }],
      ["double", { ...wide, dims: [6, 4] }],
      ["odd", { ...odd, dims: [6, 4] }],
      ...["q", "k", "v"].map((name, k) => [name, rows(k)] as const),
    ]);
    const p = parameters();
    const feed = input("x", [1, 4]);
    const project = (name: string, size = 6) => linear(feed, p.parameter(name, [size, 4]));
    const names = ["half", "bfloat", "transposed", "double", "odd"];
    const graph = graphOf("weights", {
      ...Object.fromEntries(names.map((name) => [`${name}.y`, project(name)])),
      ...Object.fromEntries(["q", "k", "v"].map((name) => [`${name}.y`, project(name, 4)])),
    });
    const outputs = await evaluate(engine(), graph, { x: { dims: [1, 4], data: x } }, { tensors });
    const expected = { half: a, bfloat: b, transposed: c, double: a, odd: a };
    for (const [name, weight] of Object.entries(expected)) {
      expect(Array.from(outputs[`${name}.y`].data), name).toEqual(product(x, weight, [6, 4]));
    }
    ["q", "k", "v"].forEach((name, k) => {
      expect(Array.from(outputs[`${name}.y`].data), name).toEqual(
        product(x, fused.subarray(16 * k, 16 * k + 16), [4, 4]),
      );
    });
  });

  it("run() widens half weights in each run when nothing is optimized, or says that the GPU does not know them", async () => {
    const [x, weight] = [values(4, 3), values(24, 5)];
    const [half] = await store("halves.bin", [{ type: "F16", values: weight }]);
    const graph = graphOf("halves", { y: linear(input("x", [1, 4]), parameters().parameter("w", [6, 4])) });
    const tensors = new Map([["w", { ...half, dims: [6, 4] }]]);
    const network = await engine().load(graph, tensors, { source: "halves", optimize: false });
    const outcome = await network.run({ x: { dims: [1, 4], data: x } }).then(
      ({ y }) => Array.from(y.data),
      (error: Error) => error.message,
    );
    expect([
      product(x, weight, [6, 4]),
      'Cannot run "halves" on webgpu: its weights are float16, which this GPU does not know (a GPU with shader-f16, weights in float32 as of noisette convert --type fp32, or device "cpu", is wanted)',
    ]).toContainEqual(outcome);
    await network.unload();
  });

  it("toOnnx() keeps what is an output and an operand of a turned weight", async () => {
    // ONNX Runtime 1.30 lost "both" when its Identity and the weight's Transpose were fused away.
    const [weight] = await store("turned.bin", [{ type: "F16", values: values(24, 5) }]);
    const both = takeToken(input("x", [1, 2, 4]), integers([1]));
    const graph = graphOf("kept", { both, y: linear(both, parameters().parameter("weight", [6, 4])) });
    const tensors = new Map([["weight", { ...weight, dims: [4, 6], transposed: true }]]);
    const outputs = await evaluate(engine(), graph, { x: { dims: [1, 2, 4], data: values(8, 3) } }, { tensors });
    expect(Array.from(outputs.both.data)).toEqual(Array.from(values(8, 3).subarray(4)));
    expect(outputs.y.dims).toEqual([1, 6]);
  });
});

it("toOnnx() makes one session for every batch, height, width and number of tokens", async () => {
  /** Down, up to the size before, over a skip: all that makes sizes hard. */
  const trace = (n: Dim, h: Dim, w: Dim, t: Dim) => {
    const [x, context] = [input("x", [n, 4, h, w]), input("context", [n, t, 8])];
    const p = parameters();
    let y = conv2d(p.at("down"), x, { features: 8, stride: 2 });
    y = spatialTransformer(p.at("attend"), y, { heads: 2, blocks: 1, groups: 4, context });
    y = concat([resizeNearest(y, { height: h, width: w }), x], 1);
    return graphOf("sizes", { y: resnetBlock(p.at("block"), y, { features: 4, groups: 4, epsilon: 1e-5 }) });
  };
  const symbolic = trace(symbol("n"), symbol("h"), symbol("w"), symbol("t"));
  const wanted = parametersOf(symbolic);
  const weights = wanted.map(({ dims }, i) => ({
    type: "F32" as const,
    values: values(elementCount(dims), i + 2).map((v) => v / Math.sqrt(elementCount(dims.slice(1)) || 1) / 2),
  }));
  const places = await store("sizes.bin", weights, 0);
  const tensors = new Map(wanted.map(({ name, dims }, i) => [name, { ...places[i], dims }]));
  const engine = await openEngine({ device: "cpu", threads: 1 });
  const network = await engine.load(symbolic, tensors, { source: "sizes" });
  const sizes = [
    [2, 9, 13, 77],
    [1, 8, 8, 5],
    [3, 5, 4, 154],
    [1, 1, 1, 1],
  ];
  for (const [n, h, w, t] of sizes) {
    const feeds = {
      x: { dims: [n, 4, h, w], data: values(n * 4 * h * w, 3) },
      context: { dims: [n, t, 8], data: values(n * t * 8, 5) },
    };
    const { y } = await network.run(feeds);
    const fixed = await evaluate(engine, trace(n, h, w, t), feeds, { tensors });
    expect(y.dims).toEqual([n, 4, h, w]);
    const scale = Math.max(...fixed.y.data.map(Math.abs));
    const worst = Math.max(...y.data.map((value, i) => Math.abs(value - fixed.y.data[i])));
    expect(worst / scale).toBeLessThan(1e-5); // other kernels may be chosen when sizes are known
  }
  await engine.close();
});
