// Convolution over pixels.

import { addDims, dimText, floorDivideDim, multiplyDims, sameDim } from "../dim.ts";
import type { Dim } from "../dim.ts";
import { ints } from "../lowering.ts";
import type { Lowering } from "../lowering.ts";
import { apply } from "../op.ts";
import type { Op } from "../op.ts";
import type { Value } from "../value.ts";
import { lowerWeightGradient } from "./convolution-weight-gradient.ts";

/** Where the kernel is put. */
export interface ConvolutionAttributes {
  readonly stride: number;
  /** Zeros around the picture: top, left, bottom, right. */
  readonly padding: readonly [number, number, number, number];
  /** Pixels from one tap of the kernel to the next; 1 by default. */
  readonly dilation?: number;
  /** Runs of channels that see only each other; 1 by default. */
  readonly groups?: number;
}

/** Inputs x, weight and, where there is one, bias. */
export const conv2dOp: Op<ConvolutionAttributes> = {
  name: "conv2d",
  infer([x, weight, bias], { stride, padding: [top, left, bottom, right], dilation = 1, groups = 1 }) {
    if (x.dims.length !== 4) throw new TypeError("the input is not [N, C, H, W]");
    if (weight.dims.length !== 4) throw new TypeError("the weight is not [out, in, h, w]");
    const [n, c, h, w] = x.dims;
    const [out, inChannels] = weight.dims;
    const [kh, kw] = weight.dims.slice(2) as number[];
    if (!sameDim(c, multiplyDims(inChannels, groups))) {
      const wanted = groups === 1 ? dimText(inChannels) : `${groups} groups of ${dimText(inChannels)}`;
      throw new TypeError(`${dimText(c)} input channels do not match ${wanted} weight channels`);
    }
    if (groups !== 1 && (out as number) % groups !== 0)
      throw new TypeError(`${dimText(out)} output channels do not divide into ${groups} groups`);
    if (bias !== undefined && !sameDim(bias.dims[0], out))
      throw new TypeError(`bias of ${dimText(bias.dims[0])} does not match ${dimText(out)} output channels`);
    const positions = (size: typeof h, padding: number, kernel: number) =>
      addDims(floorDivideDim(addDims(size, padding - dilation * (kernel - 1) - 1), stride), 1);
    return { type: "float32", dims: [n, out, positions(h, top + bottom, kh), positions(w, left + right, kw)] };
  },
  lower: (to, inputs, attributes, { inputs: [x] }) => convolve(to, inputs, x.dims[1], attributes),
};

/** x [N,C,H,W] * weight [O,C,kh,kw] + bias [O] → [N,O,H',W'] with H' = ⌊(H + padding − kh)/stride⌋ + 1. */
export const conv2d = (x: Value, weight: Value, bias: Value | undefined, attributes: ConvolutionAttributes): Value =>
  apply(conv2dOp, bias === undefined ? [x, weight] : [x, weight, bias], attributes);

/** A Conv node of x with `channels` channels. */
function convolve(
  to: Lowering,
  [x, weight, ...bias]: readonly string[],
  channels: Dim,
  { stride, padding, dilation = 1, groups = 1 }: ConvolutionAttributes,
): string {
  // ONNX Runtime 1.30's WebGPU kernel is wrong for 6, 9, 15, … input channels (nine: inpainting): zeros fill up to fours.
  const odd =
    to.target === "webgpu" && groups === 1 && typeof channels === "number" && channels > 3 && channels % 3 === 0;
  const fill = odd ? (4 - (channels % 4)) % 4 : 0;
  const filled = (name: string) => (fill === 0 ? name : to.node("Pad", [name, ints(to, [0, 0, 0, 0, 0, fill, 0, 0])]));
  return to.node("Conv", [filled(x), filled(weight), ...bias], {
    strides: [stride, stride],
    pads: padding,
    ...(dilation !== 1 && { dilations: [dilation, dilation] }),
    ...(groups !== 1 && { group: groups }),
  });
}

/** Inputs gradient [N,O,H',W'] and weight [O,C/groups,kh,kw]. */
export const conv2dInputGradientOp: Op<ConvolutionAttributes & { readonly size: readonly [Dim, Dim] }> = {
  name: "conv2dInputGradient",
  infer: ([gradient, weight], { size, groups = 1 }) => ({
    type: "float32",
    dims: [gradient.dims[0], multiplyDims(weight.dims[1], groups), ...size],
  }),
  lower(
    to,
    [gradient, weight],
    { stride, padding: [top, left, bottom, right], dilation = 1, groups = 1, size },
    value,
  ) {
    const [out, , kh, kw] = value.inputs[1].dims as number[];
    const [reachDown, reachRight] = [(kh - 1) * dilation, (kw - 1) * dilation];
    const border = [reachDown - top, reachRight - left, reachDown - bottom, reachRight - right] as const;
    if (stride === 1 && groups === 1 && border.every((width) => width >= 0)) {
      // A convolution with the kernel turned by 180° and its channels exchanged: up to twice as fast as ConvTranspose.
      const exchanged = exchange(to, weight, value.inputs[1].dims as number[]);
      return convolve(to, [gradient, exchanged], out, { stride: 1, padding: border, dilation });
    }
    // Rows and columns that no window reached (fewer than the stride) are left over at the end.
    const whole = to.node("ConvTranspose", [gradient, weight], {
      strides: [stride, stride],
      pads: [top, left, bottom, right],
      output_padding: [stride - 1, stride - 1],
      ...(dilation !== 1 && { dilations: [dilation, dilation] }),
      ...(groups !== 1 && { group: groups }),
    });
    return to.node("Slice", [whole, ints(to, [0, 0]), to.shape(size), ints(to, [2, 3])]);
  },
};

/** weight [O,C,kh,kw] → [C,O,kh,kw], each kernel turned by 180°. As transpositions of matrices, which are three times as fast. */
function exchange(to: Lowering, weight: string, [out, channels, kh, kw]: readonly number[]): string {
  const taps = kh * kw;
  const shaped = (x: string, dims: readonly number[]) => to.node("Reshape", [x, ints(to, dims)]);
  const last = to.node("Transpose", [shaped(weight, [out, channels * taps])], { perm: [1, 0] });
  if (taps === 1) return shaped(last, [channels, out, 1, 1]);
  const backwards = Array.from({ length: taps }, (_, i) => taps - 1 - i);
  const turned = to.node("Gather", [shaped(last, [channels, taps, out]), ints(to, backwards)], { axis: 1 });
  return shaped(to.node("Transpose", [turned], { perm: [0, 2, 1] }), [channels, out, kh, kw]);
}

/** Inputs gradient [N,O,H',W'] and x [N,C,H,W]. */
export const conv2dWeightGradientOp: Op<ConvolutionAttributes & { readonly kernel: readonly [number, number] }> = {
  name: "conv2dWeightGradient",
  infer([gradient, x], { kernel, groups = 1 }) {
    return { type: "float32", dims: [gradient.dims[1], (x.dims[1] as number) / groups, ...kernel] };
  },
  lower: lowerWeightGradient,
};

/** What x's gradient is when y = conv2d(x, weight) has `gradient`: [N,C,...size]. Also called transposed convolution. */
export const conv2dInputGradient = (
  gradient: Value,
  weight: Value,
  attributes: ConvolutionAttributes & { readonly size: readonly [Dim, Dim] },
): Value => apply(conv2dInputGradientOp, [gradient, weight], attributes);

/** What the weight's gradient is when y = conv2d(x, weight) has `gradient`: [O,C,...kernel]. */
export const conv2dWeightGradient = (
  gradient: Value,
  x: Value,
  attributes: ConvolutionAttributes & { readonly kernel: readonly [number, number] },
): Value => apply(conv2dWeightGradientOp, [gradient, x], attributes);
