import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import {
  tinyIpAdapterConfig,
  tinyIpAdapterWeights,
  tinyProjections,
  writeTinyIpAdapter,
} from "../../../../fixtures/tiny-ip-adapter.ts";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";
import { readConfig } from "../checkpoints/image-encoder.ts";
import { ipAdapterConfig } from "../checkpoints/names/ip-adapter.ts";
import { readWeights } from "../checkpoints/weights-file.ts";
import { textAttentions } from "../graph/passes/image-attention.ts";
import type { Engine } from "../runtime/engine.ts";
import { readSafetensors } from "../safetensors/read.ts";
import { readTensors } from "../safetensors/read-tensor.ts";
import { writeSafetensors } from "../safetensors/write.ts";
import type { StoredTensors } from "../tensor/stored.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementCount, tensor } from "../tensor/tensor.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import { ipAdapterGraph } from "./ip-adapter.ts";
import { tracedUNet } from "./unet-tracing.ts";
import { unetConfig } from "./unet-config.ts";
import type { UNetConfig } from "./unet.ts";
import { unetGraph } from "./unet.ts";

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await sharedEngine();
  folder = await mkdtemp(join(tmpdir(), "noisette-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const random = (dims: readonly number[], seed: number): Tensor =>
  tensor(dims, Float32Array.from(new TorchGenerator(seed).randn(elementCount(dims))));
const worst = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

/** Rows of numbers, in float64. */
type Rows = number[][];
const rowsOf = ({ dims, data }: Tensor, first: number): Rows => {
  const [, rows, width] = dims;
  return Array.from({ length: rows }, (_, i) => [
    ...data.subarray((first * rows + i) * width, (first * rows + i + 1) * width),
  ]);
};

describe.each(Object.entries(tinyProjections))("ipAdapterGraph() of %s", (name, projection) => {
  it("ipAdapterGraph() makes the tokens and states of plain loops in float64", async () => {
    const config = await tinyIpAdapterConfig("sd1", projection);
    const weights = tinyIpAdapterWeights(config);
    const path = await writeTinyIpAdapter(folder, weights, `${name}.safetensors`);
    const { tensors } = await readWeights(path);
    expect(ipAdapterConfig(tensors, path)).toEqual(config);
    const pictures = 2;
    const image = random(projection.kind === "linear" ? [pictures, 20] : [pictures, 5, 24], 3);
    const network = await engine.load(ipAdapterGraph(config), tensors, { source: path });
    const { tokens, states } = await network.run({ image });
    await network.unload();

    const weight = (key: string): Tensor => weights.get(key)!;
    const product = (x: Rows, key: string): Rows => {
      const { dims, data } = weight(`${key}.weight`);
      const bias = weights.get(`${key}.bias`)?.data;
      const [out, width] = dims;
      return x.map((row) =>
        Array.from({ length: out }, (_, o) =>
          row.reduce((sum, value, i) => sum + value * data[o * width + i], bias?.[o] ?? 0),
        ),
      );
    };
    const normalized = (x: Rows, key: string): Rows => {
      const [scale, shift] = ["weight", "bias"].map((part) => weight(`${key}.${part}`).data);
      return x.map((row) => {
        const mean = row.reduce((a, b) => a + b) / row.length;
        const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
        return row.map((value, i) => ((value - mean) / Math.sqrt(variance + 1e-5)) * scale[i] + shift[i]);
      });
    };
    const gelu = (x: Rows): Rows => x.map((row) => row.map((value) => (value / 2) * (1 + erf(value / Math.SQRT2))));
    const plus = (a: Rows, b: Rows): Rows => a.map((row, i) => row.map((value, j) => value + b[i][j]));
    /** One head of 64. */
    const attend = (q: Rows, k: Rows, v: Rows): Rows =>
      q.map((query) => {
        const scores = k.map((key) => query.reduce((sum, value, i) => sum + value * key[i], 0) / 8);
        const shares = scores.map((score) => Math.exp(score - Math.max(...scores)));
        const total = shares.reduce((a, b) => a + b);
        return v[0].map((_, i) => shares.reduce((sum, share, j) => sum + (share / total) * v[j][i], 0));
      });
    const resampled = (x: Rows): Rows => {
      const seen = product(x, "image_proj.proj_in");
      let latents = rowsOf(weight("image_proj.latents"), 0);
      for (let i = 0; i < 2; i++) {
        const at = `image_proj.layers.${i}`;
        const asking = normalized(latents, `${at}.0.norm2`);
        const all = [...normalized(seen, `${at}.0.norm1`), ...asking];
        const both = product(all, `${at}.0.to_kv`);
        const looked = attend(
          product(asking, `${at}.0.to_q`),
          both.map((row) => row.slice(0, 64)),
          both.map((row) => row.slice(64)),
        );
        latents = plus(latents, product(looked, `${at}.0.to_out`));
        const inner = gelu(product(normalized(latents, `${at}.1.0`), `${at}.1.1`));
        latents = plus(latents, product(inner, `${at}.1.3`));
      }
      return normalized(product(latents, "image_proj.proj_out"), "image_proj.norm_out");
    };
    const tokensOf = (i: number): Rows => {
      if (projection.kind === "resampler") return resampled(rowsOf(image, i));
      if (projection.kind === "mlp") {
        const inner = gelu(product(rowsOf(image, i), "image_proj.proj.0"));
        return normalized(product(inner, "image_proj.proj.2"), "image_proj.proj.3");
      }
      const [flat] = product([[...image.data.subarray(20 * i, 20 * i + 20)]], "image_proj.proj");
      return normalized(
        Array.from({ length: 4 }, (_, t) => flat.slice(24 * t, 24 * t + 24)),
        "image_proj.norm",
      );
    };
    const wanted = Array.from({ length: pictures }, (_, i) => tokensOf(i)).flat();
    expect(tokens.dims).toEqual([1, wanted.length, 24]);
    expect(worst(tokens.data, wanted.flat())).toBeLessThan(1e-5);
    const layers = config.layers.flatMap((_, i) =>
      ["to_k_ip", "to_v_ip"].map((part) => product(wanted, `ip_adapter.${2 * i + 1}.${part}`)),
    );
    const sideBySide = wanted.map((_, t) => layers.flatMap((rows) => rows[t]));
    expect(worst(states.data, sideBySide.flat())).toBeLessThan(1e-4);
  });

  it("ipAdapterConfig() reads the same from .bin as from .safetensors", async () => {
    const config = await tinyIpAdapterConfig("sd1", projection);
    const weights = tinyIpAdapterWeights(config);
    const [safe, bin] = await Promise.all(
      ["safetensors", "bin"].map((ending) => writeTinyIpAdapter(folder, weights, `${name}-twin.${ending}`)),
    );
    const [a, b] = await Promise.all([safe, bin].map((path) => readWeights(path)));
    expect(ipAdapterConfig(b.tensors, bin)).toEqual(config);
    const [values, others] = await Promise.all([a, b].map(({ tensors }) => readTensors([...tensors])));
    expect(new Map([...others].sort())).toEqual(new Map([...values].sort()));
  });
});

/** The power series of erf, whose error at 4 is 1e-9. */
function erf(x: number): number {
  if (Math.abs(x) > 4) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; n < 80; n++) {
    term *= -(x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

describe.each(["sd1", "sdxl"])("imageAttention() in %s", (model) => {
  const path = fixturePath(`models/${model}/unet/diffusion_pytorch_model.safetensors`);
  let config: UNetConfig;
  let tensors: StoredTensors;
  let feeds: Record<string, Tensor>;
  beforeAll(async () => {
    config = unetConfig(await readConfig(fixturePath(`models/${model}/unet`)));
    ({ tensors } = await readSafetensors(path));
    feeds = {
      sample: random([2, 4, 8, 8], 1),
      timestep: tensor([2], Float32Array.of(500, 20)),
      context: random([2, 7, config.contextWidth], 2),
    };
    if (config.textTime !== undefined) {
      feeds.textEmbeds = random([2, pooledWidth()], 4);
      feeds.timeIds = tensor([2, 6], new Float32Array(12).fill(64));
    }
  });
  const pooledWidth = () => (config.textTime ? config.textTime.width - 6 * config.textTime.sizeCodeWidth : 0);

  /** The UNet's outputs for each of `pictures`, which are absent or of two adapters. */
  async function run(weights: StoredTensors, pictures: readonly Record<string, Tensor>[]): Promise<Float32Array[]> {
    const picturePrompts = "imageWeights" in pictures[0] ? 2 : undefined;
    const graph = tracedUNet(config, { pooledWidth: pooledWidth(), tracing: { picturePrompts } });
    const network = await engine.load(graph, weights, { source: path, optimize: false });
    const made: Float32Array[] = [];
    for (const own of pictures) made.push((await network.run({ ...feeds, ...own })).out.data);
    await network.unload();
    return made;
  }

  /** Keys and values of the text itself, by the UNet's own weights, in diffusers' order of layers. */
  async function textAsPicture(): Promise<Tensor> {
    const names = textAttentions(unetGraph(config, { pooledWidth: pooledWidth() })).map(({ scope }) => scope);
    const own = await readTensors([...tensors].filter(([name]) => /attn2\.to_[kv]\.weight$/.test(name)));
    const weights = new Map(
      names.flatMap((name, i) =>
        ["k", "v"].map((part) => [
          `ip_adapter.${2 * i + 1}.to_${part}_ip.weight`,
          own.get(`${name}.to_${part}.weight`)!,
        ]),
      ),
    );
    const [n, t, width] = feeds.context.dims;
    const columns = [...weights.values()].reduce((sum, { dims }) => sum + dims[0], 0);
    const states = tensor([n, t, columns]);
    let column = 0;
    for (const { dims, data } of weights.values()) {
      for (let row = 0; row < n * t; row++)
        for (let o = 0; o < dims[0]; o++) {
          let sum = 0;
          for (let i = 0; i < width; i++) sum += data[o * width + i] * feeds.context.data[row * width + i];
          states.data[row * columns + column + o] = sum;
        }
      column += dims[0];
    }
    return states;
  }

  it("imageAttention() changes nothing when λ is 0, and multiplies values by 1 + Σλ when pictures are the text itself", async () => {
    const states = await textAsPicture();
    const pictured = (...weights: number[]) => ({
      "imageStates.0": states,
      "imageStates.1": states,
      imageWeights: tensor([2], Float32Array.from(weights)),
    });
    const [zero, both] = await run(tensors, [pictured(0, 0), pictured(0.75, 0.25)]);
    const [plain] = await run(tensors, [{}]);
    expect(worst(zero, plain)).toBeLessThan(1e-6);

    const values = await readTensors([...tensors]);
    const doubled = [...values].map(([name, value]): [string, Tensor] =>
      name.endsWith("attn2.to_v.weight")
        ? [
            name,
            tensor(
              value.dims,
              value.data.map((one) => 2 * one),
            ),
          ]
        : [name, value],
    );
    const file = join(folder, `${model}-doubled.safetensors`);
    await writeSafetensors(file, doubled);
    const [wanted] = await run((await readSafetensors(file)).tensors, [{}]);
    expect(worst(both, wanted)).toBeLessThan(2e-5);
    expect(worst(both, plain)).toBeGreaterThan(1e-3);
  });
});
