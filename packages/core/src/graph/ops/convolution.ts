// Convolution over pixels.

import { addDims, dimText, floorDivideDim, sameDim } from "../dim.ts";
import { ints } from "../lowering.ts";
import { apply } from "../op.ts";
import type { Op } from "../op.ts";
import type { Value } from "../value.ts";

/** Where the kernel is put. */
export interface ConvolutionAttributes {
  readonly stride: number;
  /** Zeros around the picture: top, left, bottom, right. */
  readonly padding: readonly [number, number, number, number];
}

/** Inputs x, weight and, where there is one, bias. */
export const conv2dOp: Op<ConvolutionAttributes> = {
  name: "conv2d",
  infer([x, weight, bias], { stride, padding: [top, left, bottom, right] }) {
    if (x.dims.length !== 4) throw new TypeError("the input is not [N, C, H, W]");
    if (weight.dims.length !== 4) throw new TypeError("the weight is not [out, in, h, w]");
    const [n, c, h, w] = x.dims;
    const [out, inChannels, kh, kw] = weight.dims as number[];
    if (!sameDim(c, inChannels))
      throw new TypeError(`${dimText(c)} input channels do not match ${inChannels} weight channels`);
    if (bias !== undefined && bias.dims[0] !== out)
      throw new TypeError(`bias of ${dimText(bias.dims[0])} does not match ${out} output channels`);
    const positions = (size: typeof h, padding: number, kernel: number) =>
      addDims(floorDivideDim(addDims(size, padding - kernel), stride), 1);
    return { type: "float32", dims: [n, out, positions(h, top + bottom, kh), positions(w, left + right, kw)] };
  },
  lower(to, [x, weight, ...bias], { stride, padding }, { inputs }) {
    const channels = inputs[0].dims[1] as number;
    // ONNX Runtime 1.30's WebGPU kernel is wrong for 6, 9, 15, … input channels (nine: inpainting): zeros fill up to fours.
    const fill = to.target === "webgpu" && channels > 3 && channels % 3 === 0 ? (4 - (channels % 4)) % 4 : 0;
    const filled = (name: string) =>
      fill === 0 ? name : to.node("Pad", [name, ints(to, [0, 0, 0, 0, 0, fill, 0, 0])]);
    return to.node("Conv", [filled(x), filled(weight), ...bias], { strides: [stride, stride], pads: padding });
  },
};

/** x [N,C,H,W] * weight [O,C,kh,kw] + bias [O] → [N,O,H',W'] with H' = ⌊(H + padding − kh)/stride⌋ + 1. */
export const conv2d = (x: Value, weight: Value, bias: Value | undefined, attributes: ConvolutionAttributes): Value =>
  apply(conv2dOp, bias === undefined ? [x, weight] : [x, weight, bias], attributes);
