// The gradient of a convolution's weight, dW[o,c,u,v] = Σ g[n,o,i,j]·x[n,c,i·s + u − top,j·s + v − left]: ONNX has no
// operator for it, so it is written as matrix products of shifted copies.

import { addDims, multiplyDims } from "../dim.ts";
import type { Dim } from "../dim.ts";
import { ints } from "../lowering.ts";
import type { Lowering } from "../lowering.ts";
import type { Value } from "../value.ts";
import type { ConvolutionAttributes } from "./convolution.ts";

type Attributes = ConvolutionAttributes & { readonly kernel: readonly [number, number] };

/**
 * Inputs gradient [N,O,H',W'] and x [N,C,H,W] → [O,C/groups,kh,kw].
 *
 * GFLOP/s on 2 cores with ONNX Runtime 1.30 (2026-11-21): `shifts`, and the same as nine products of shifted copies:
 *   batch, channels, picture    shifts   nine products
 *   64,     96→96,    8×8        96       94
 *   16,    128→128,   8×8       103       97
 *   16,     64→64,   32×32       74       52
 *   16,     32→32,   64×64       48       33
 * On a busier machine nine products were 1.2 to 5 times as fast as `slices`, and 1.3 to 4 as an unfolded picture.
 */
export function lowerWeightGradient(
  to: Lowering,
  inputs: readonly string[],
  attributes: Attributes,
  value: Value,
): string {
  const [gradient, x] = value.inputs;
  const { stride, groups = 1 } = attributes;
  const sizes = [...gradient.dims.slice(2), ...x.dims.slice(2)];
  const small = sizes.every((size) => typeof size === "number" && size <= 128);
  return small && stride === 1 && groups === 1
    ? shifts(to, inputs, attributes, value)
    : slices(to, inputs, attributes, value);
}

/**
 * Pixels before channels: x [N,HW,C] is gathered as [N,H'W',kw,C], shifted by each column of the kernel, g as [N,H'W',kh,O],
 * shifted by each row; all taps are one product of the two. That copies kw·x and kh·g where an unfolded picture would be kh·kw·x.
 */
function shifts(
  to: Lowering,
  [gradient, x]: readonly string[],
  { padding: [top, left], kernel: [kh, kw], dilation = 1 }: Attributes,
  { inputs, dims }: Value,
): string {
  const [n, out, rows, columns] = inputs[0].dims as [Dim, number, number, number];
  const [, channels, height, width] = inputs[1].dims as [Dim, number, number, number];
  const positions = height * columns;
  const shifted = (
    y: string,
    {
      features,
      pixels,
      count,
      source,
    }: {
      features: number;
      pixels: number;
      count: number;
      source: (shift: number, row: number, column: number) => number;
    },
  ) => {
    const flat = to.node("Reshape", [y, to.shape([n, features, pixels])]);
    const first = to.node("Transpose", [flat], { perm: [0, 2, 1] }); // [N,pixels,F]
    const index = Array.from({ length: positions * count }, (_, i) => {
      const [position, shift] = [Math.floor(i / count), i % count];
      return source(shift, Math.floor(position / columns), position % columns);
    });
    const gathered = () => {
      // A pixel of zeros behind the others stands for all outside.
      const zero = index.includes(-1) ? to.node("Pad", [first, ints(to, [0, 0, 0, 0, 1, 0])]) : first;
      const places = to.constant({
        type: "int32",
        dims: [index.length],
        data: Int32Array.from(index, (pixel) => (pixel < 0 ? pixels : pixel)),
      });
      return to.node("Gather", [zero, places], { axis: 1 }); // [N,positions·count,F]
    };
    const isWhole = index.length === pixels && index.every((pixel, i) => pixel === i);
    return to.node("Reshape", [isWhole ? first : gathered(), to.shape([multiplyDims(n, positions), count * features])]);
  };
  const xs = shifted(x, {
    features: channels,
    pixels: height * width,
    count: kw,
    source: (v, row, column) => inside(column + v * dilation - left, width, (at) => row * width + at),
  });
  const gs = shifted(gradient, {
    features: out,
    pixels: rows * columns,
    count: kh,
    source: (u, row, column) => inside(row - u * dilation + top, rows, (at) => at * columns + column),
  });
  const taps = to.node("Gemm", [gs, xs], { transA: 1 }); // [kh·O,kw·C]
  if (kh * kw === 1) return to.node("Reshape", [taps, to.shape(dims)]);
  const apart = to.node("Reshape", [taps, ints(to, [kh, out, kw, channels])]);
  return to.node("Transpose", [apart], { perm: [1, 3, 0, 2] });
}

const inside = (at: number, size: number, pixel: (at: number) => number): number =>
  at < 0 || at >= size ? -1 : pixel(at);

/** Channels last: a tap is a block of x [N,H',W',C], every stride-th pixel; one product for each. */
function slices(
  to: Lowering,
  [gradient, x]: readonly string[],
  { stride, padding: [top, left, bottom, right], kernel: [kh, kw], dilation = 1, groups = 1 }: Attributes,
  { inputs, dims }: Value,
): string {
  const [n, out, rows, columns] = inputs[0].dims;
  const channels = inputs[1].dims[1];
  const count = multiplyDims(n, rows, columns);
  const each = (features: Dim) => (features as number) / groups;
  const channelsLast = (y: string) => to.node("Transpose", [y], { perm: [0, 2, 3, 1] });
  const matrices = (y: string, features: Dim, perm: number[]) =>
    to.node("Transpose", [to.node("Reshape", [y, to.shape([count, groups, each(features)])])], { perm });

  const g = matrices(channelsLast(gradient), out, [1, 2, 0]); // [groups,O/groups,N·H'·W']
  const zeros = [0, top, left, 0, 0, bottom, right, 0];
  const padded = zeros.every((width) => width === 0)
    ? channelsLast(x)
    : to.node("Pad", [channelsLast(x), ints(to, zeros)]);
  const taps: string[] = [];
  for (let u = 0; u < kh; u++) {
    for (let v = 0; v < kw; v++) {
      const starts = [u * dilation, v * dilation];
      const ends = [rows, columns].map((size, i) => addDims(multiplyDims(addDims(size, -1), stride), starts[i] + 1));
      const tap = to.node("Slice", [
        padded,
        ints(to, starts),
        to.shape(ends),
        ints(to, [1, 2]),
        ints(to, [stride, stride]),
      ]);
      const product = to.node("MatMul", [g, matrices(tap, channels, [1, 0, 2])]); // [groups,O/groups,C/groups]
      taps.push(to.node("Reshape", [product, to.shape([out, each(channels), 1])]));
    }
  }
  return to.node("Reshape", [to.node("Concat", taps, { axis: 2 }), to.shape(dims)]);
}
