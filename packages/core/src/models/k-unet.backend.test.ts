// The network and its blocks against plain loops in float64, written after the forward passes of diffusers' modules.

import { beforeAll, expect, it } from "vitest";
import { kUnetJson, kUnetListing, kUnetWeights } from "../../../../fixtures/tiny-latent-upscaler.ts";
import { temporaryPath, writeWeights } from "../../../../fixtures/temporary-weights.ts";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";
import { graphOf } from "../graph/graph.ts";
import { symbol } from "../graph/dim.ts";
import { input } from "../graph/ops/source.ts";
import { smoothDouble, smoothHalf } from "../nn/smooth-resize.ts";
import type { Engine } from "../runtime/engine.ts";
import { evaluate } from "../runtime/evaluate.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementCount, tensor } from "../tensor/tensor.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import { unetConfig } from "./unet-config.ts";
import { unetGraph } from "./unet.ts";

let engine: Engine;
beforeAll(async () => void (engine = await sharedEngine()));

/** Channels of h × w pixels. */
interface Map2d {
  readonly h: number;
  readonly w: number;
  readonly channels: readonly Float64Array[];
}

const mirrored = (i: number, size: number) => (i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i);
const taps = [1, 3, 3, 1].map((tap) => tap / 8);

/** Of one channel: reflect by 1, then a convolution of stride 2 with the outer product of the taps. */
function down(x: Map2d): Map2d {
  const [h, w] = [x.h / 2, x.w / 2];
  const channels = x.channels.map((values) => {
    const out = new Float64Array(h * w);
    for (let i = 0; i < h; i++)
      for (let j = 0; j < w; j++)
        for (let a = 0; a < 4; a++)
          for (let b = 0; b < 4; b++)
            out[i * w + j] +=
              taps[a] * taps[b] * values[mirrored(2 * i + a - 1, x.h) * x.w + mirrored(2 * j + b - 1, x.w)];
    return out;
  });
  return { h, w, channels };
}

/** Of one channel: reflect by 1, then a transposed convolution of stride 2 and padding 3 with twice the taps along each axis. */
function up(x: Map2d): Map2d {
  const [h, w] = [2 * x.h, 2 * x.w];
  const channels = x.channels.map((values) => {
    const out = new Float64Array(h * w);
    for (let i = 0; i < x.h + 2; i++)
      for (let j = 0; j < x.w + 2; j++)
        for (let a = 0; a < 4; a++)
          for (let b = 0; b < 4; b++) {
            const [y, z] = [2 * i + a - 3, 2 * j + b - 3];
            if (y < 0 || z < 0 || y >= h || z >= w) continue;
            out[y * w + z] += 4 * taps[a] * taps[b] * values[mirrored(i - 1, x.h) * x.w + mirrored(j - 1, x.w)];
          }
    return out;
  });
  return { h, w, channels };
}

// Its power series; ±1 where that is all a float64 holds, and the series' terms grow large.
function erf(x: number): number {
  if (Math.abs(x) > 5) return Math.sign(x);
  let [sum, term] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-17; n++) {
    term *= -(x ** 2) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
const gelu = (x: number) => (x / 2) * (1 + erf(x / Math.SQRT2));
const plus = (a: Map2d, b: Map2d): Map2d => ({
  ...a,
  channels: a.channels.map((c, i) => c.map((v, j) => v + b.channels[i][j])),
});

/** diffusers' UNet2DConditionModel of K-blocks on one picture; what it is told is `code`, [ones, zeros, pooled]. */
function reference(
  weights: ReadonlyMap<string, Tensor>,
  json: ReturnType<typeof kUnetJson>,
  {
    sample,
    timestep,
    context,
    code,
  }: { sample: Map2d; timestep: number; context: readonly Float64Array[]; code: number[] },
): Map2d {
  const of = (name: string) => weights.get(name)!;
  const linear = (name: string, x: ArrayLike<number>): Float64Array => {
    const { data, dims } = of(`${name}.weight`);
    const bias = weights.get(`${name}.bias`)?.data;
    return Float64Array.from({ length: dims[0] }, (_, o) => {
      let sum = bias?.[o] ?? 0;
      for (let i = 0; i < dims[1]; i++) sum += data[o * dims[1] + i] * x[i];
      return sum;
    });
  };
  const conv = (name: string, x: Map2d): Map2d => {
    const { data, dims } = of(`${name}.weight`);
    const [outputs, inputs, k] = dims;
    const bias = weights.get(`${name}.bias`)?.data;
    const pad = (k - 1) / 2;
    const channels = Array.from({ length: outputs }, (_, o) => {
      const out = new Float64Array(x.h * x.w).fill(bias?.[o] ?? 0);
      for (let c = 0; c < inputs; c++) {
        const values = x.channels[c];
        for (let tap = 0; tap < k * k; tap++) {
          const [a, b] = [Math.floor(tap / k) - pad, (tap % k) - pad];
          const weight = data[(o * inputs + c) * k * k + tap];
          const [left, right] = [Math.max(0, -b), x.w - Math.max(0, b)];
          for (let i = Math.max(0, -a); i < x.h - Math.max(0, a); i++)
            for (let j = left; j < right; j++) out[i * x.w + j] += weight * values[(i + a) * x.w + j + b];
        }
      }
      return out;
    });
    return { ...x, channels };
  };
  const normalized = (values: Float64Array) => {
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
    return values.map((v) => (v - mean) / Math.sqrt(variance + 1e-5));
  };
  const adaNorm = (name: string, x: Map2d, groups: number): Map2d => {
    const n = x.channels.length;
    const [per, pixels] = [n / groups, x.h * x.w];
    const both = linear(`${name}.linear`, temb);
    const channels = Array.from({ length: groups }, (_, g) => {
      const group = new Float64Array(per * pixels);
      for (let c = 0; c < per; c++) group.set(x.channels[g * per + c], c * pixels);
      const result = normalized(group);
      return Array.from({ length: per }, (_, c) =>
        result.subarray(c * pixels, (c + 1) * pixels).map((v) => v * (1 + both[g * per + c]) + both[n + g * per + c]),
      );
    }).flat();
    return { ...x, channels };
  };
  const act = (x: Map2d): Map2d => ({ ...x, channels: x.channels.map((c) => c.map(gelu)) });
  const resnet = (name: string, x: Map2d): Map2d => {
    const groupsOf = (y: Map2d) => Math.floor(y.channels.length / 32);
    let h = conv(`${name}.conv1`, act(adaNorm(`${name}.norm1`, x, groupsOf(x))));
    h = conv(`${name}.conv2`, act(adaNorm(`${name}.norm2`, h, groupsOf(h))));
    return plus(weights.has(`${name}.conv_shortcut.weight`) ? conv(`${name}.conv_shortcut`, x) : x, h);
  };
  const attend = (name: string, norm: string, x: Map2d): Map2d => {
    const n = x.channels.length;
    const normed = adaNorm(`${name}.${norm}`, x, Math.max(1, Math.floor(n / 32)));
    const own = `${name}.${norm === "norm1" ? "attn1" : "attn2"}`;
    const tokens = Array.from({ length: x.h * x.w }, (_, i) => Float64Array.from(normed.channels, (c) => c[i]));
    const scale = of(`${name}.attn2.norm_cross.weight`).data;
    const shift = of(`${name}.attn2.norm_cross.bias`).data;
    const from =
      norm === "norm1" ? tokens : context.map((state) => normalized(state).map((v, i) => v * scale[i] + shift[i]));
    const [k, v] = ["to_k", "to_v"].map((part) => from.map((state) => linear(`${own}.${part}`, state)));
    const width = json.attention_head_dim;
    const seen = tokens.map((token) => {
      const q = linear(`${own}.to_q`, token);
      const out = new Float64Array(n);
      for (let head = 0; head < n; head += width) {
        const scores = k.map((key) => {
          let sum = 0;
          for (let i = head; i < head + width; i++) sum += q[i] * key[i];
          return Math.exp(sum / Math.sqrt(width));
        });
        const total = scores.reduce((a, b) => a + b);
        scores.forEach((score, s) => {
          for (let i = head; i < head + width; i++) out[i] += (score / total) * v[s][i];
        });
      }
      return linear(`${own}.to_out.0`, out);
    });
    return plus({ ...x, channels: x.channels.map((_, c) => Float64Array.from(seen, (token) => token[c])) }, x);
  };
  const attention = (name: string, x: Map2d, self: boolean) =>
    attend(name, "norm2", self ? attend(name, "norm1", x) : x);

  const angles = Array.from(of("time_proj.weight").data, (w) => timestep * w * 2 * Math.PI);
  const fourier = [...angles.map(Math.cos), ...angles.map(Math.sin)];
  const told = linear("time_embedding.cond_proj", code);
  const hidden = linear(
    "time_embedding.linear_1",
    fourier.map((v, i) => v + told[i]),
  ).map(gelu);
  const temb = linear("time_embedding.linear_2", hidden).map(gelu);

  const count = json.block_out_channels.length;
  let x = conv("conv_in", sample);
  const skips: Map2d[] = [];
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < json.layers_per_block; j++) {
      x = resnet(`down_blocks.${i}.resnets.${j}`, x);
      if (i > 0) x = attention(`down_blocks.${i}.attentions.${j}`, x, i === count - 1);
    }
    if (i === count - 1) break;
    skips.push(x);
    x = down(x);
  }
  for (let i = 0; i < count; i++) {
    if (i > 0) x = { ...x, channels: [...x.channels, ...skips.pop()!.channels] };
    for (let j = 0; j < json.layers_per_block; j++) {
      x = resnet(`up_blocks.${i}.resnets.${j}`, x);
      if (i < count - 1) x = attention(`up_blocks.${i}.attentions.${j}`, x, i === 0);
    }
    if (i < count - 1) x = up(x);
  }
  return conv("conv_out", x);
}

const random = new TorchGenerator(11);
const randomTensor = (dims: readonly number[]) => tensor(dims, Float32Array.from(random.randn(elementCount(dims))));
const mapOf = ({ dims: [, c, h, w], data }: Tensor): Map2d => ({
  h,
  w,
  channels: Array.from({ length: c }, (_, i) => Float64Array.from(data.subarray(i * h * w, (i + 1) * h * w))),
});
const worst = (ours: ArrayLike<number>, wanted: readonly number[]) =>
  Math.max(...wanted.map((value, i) => Math.abs(value - ours[i])));

it.each([
  ["smoothHalf", smoothHalf, down],
  ["smoothDouble", smoothDouble, up],
] as const)("%s() is the convolution with (1, 3, 3, 1)/8 along both axes", async (_, build, oracle) => {
  const x = randomTensor([1, 3, 6, 4]);
  const dims = [symbol("batch"), 3, symbol("height"), symbol("width")];
  const { out } = await evaluate(engine, graphOf("resize", { out: build(input("x", dims)) }), { x });
  const wanted = oracle(mapOf(x));
  expect(out.dims).toEqual([1, 3, wanted.h, wanted.w]);
  expect(
    worst(
      out.data,
      wanted.channels.flatMap((c) => [...c]),
    ),
  ).toBeLessThan(1e-6);
});

it("smoothDouble() keeps a ramp a ramp inside, and smoothHalf() takes it back", async () => {
  const ramp = tensor(
    [1, 1, 4, 8],
    Float32Array.from({ length: 32 }, (_, i) => i % 8),
  );
  const x = input("x", [1, 1, 4, 8]);
  const larger = smoothDouble(x);
  const { out, back } = await evaluate(engine, graphOf("ramp", { out: larger, back: smoothHalf(larger) }), { x: ramp });
  const row = [...out.data.subarray(0, 16)];
  row.slice(1, 15).forEach((value, i) => expect(value).toBeCloseTo((i + 0.5) / 2, 6));
  [...back.data.subarray(1, 7)].forEach((value, i) => expect(value).toBeCloseTo(i + 1, 6));
});

it("unetGraph() of K-blocks makes minus what plain loops after diffusers' modules make, for each picture of a batch", async () => {
  const json = kUnetJson({ layers: 1 });
  const weights = kUnetWeights(kUnetListing(json));
  const { tensors } = await writeWeights(temporaryPath("k-unet.safetensors"), Object.fromEntries(weights));
  const feeds = {
    sample: randomTensor([2, 8, 16, 24]),
    timestep: tensor([2], Float32Array.of(0.65, -0.4)),
    context: randomTensor([2, 5, 24]),
    pooled: randomTensor([2, 24]),
  };
  const { out } = await evaluate(engine, unetGraph(unetConfig(json)), feeds, { tensors });
  expect(out.dims).toEqual([2, 4, 16, 24]);
  const part = ({ dims, data }: Tensor, i: number) => {
    const length = elementCount(dims.slice(1));
    return tensor([1, ...dims.slice(1)], data.subarray(i * length, (i + 1) * length));
  };
  for (const i of [0, 1]) {
    const pooled = part(feeds.pooled, i).data;
    const wanted = reference(weights, json, {
      sample: mapOf(part(feeds.sample, i)),
      timestep: feeds.timestep.data[i],
      context: Array.from({ length: 5 }, (_, t) =>
        Float64Array.from(part(feeds.context, i).data.subarray(24 * t, 24 * (t + 1))),
      ),
      code: [1, 1, 1, 1, 0, 0, 0, 0, ...pooled],
    });
    const latents = wanted.channels.slice(0, 4).flatMap((c) => Array.from(c, (v) => -v));
    const size = Math.max(...latents.map(Math.abs));
    expect(size).toBeGreaterThan(0.1);
    expect(worst(part(out, i).data, latents) / size).toBeLessThan(2e-5); // float32 against float64
  }
});
