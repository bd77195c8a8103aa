// The UNet's way down and its middle, with what every block is told of the step: the half that a ControlNet is a copy of
// (latent diffusion, arXiv 2112.10752, §3.2; SDXL, arXiv 2307.01952, §2; ControlNet, arXiv 2302.05543, fig. 3). Parameter
// names are those of diffusers' UNet2DConditionModel.

import type { Dim } from "../graph/dim.ts";
import { addDims, floorDivideDim, multiplyDims, symbol } from "../graph/dim.ts";
import { add } from "../graph/ops/elementwise.ts";
import { embedding as lookUp } from "../graph/ops/lookup.ts";
import { concat, reshape } from "../graph/ops/shape.ts";
import { input } from "../graph/ops/source.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { conv2d, known, linear } from "../nn/layers.ts";
import { resnetBlock } from "../nn/resnet.ts";
import { textPooling } from "../nn/text-pooling.ts";
import { sinusoids, timestepMlp } from "../nn/timestep-embedding.ts";
import { spatialTransformer } from "../nn/transformer.ts";

/** One resolution of the UNet, from the picture's own downwards. */
export interface UNetLevel {
  readonly features: number;
  readonly resnets: number;
  /** Transformer blocks behind each resnet, on the way down and up; none where there is no attention. */
  readonly transformer?: { readonly heads: number; readonly blocks: number; readonly onlyCross: boolean };
}

/** The sizes of this half and the conditions it takes. */
export interface UNetEncoderConfig {
  /** 4 latent channels; 9 for inpainting (latents, mask, masked latents), 8 for InstructPix2Pix, 5 for depth. */
  readonly inChannels: number;
  readonly levels: readonly UNetLevel[];
  /** The transformer between the way down and the way up. */
  readonly middle: { readonly heads: number; readonly blocks: number; readonly onlyCross: boolean } | undefined;
  /** Width of the text states. */
  readonly contextWidth: number;
  readonly groups: number;
  readonly epsilon: number;
  readonly timeCode: { readonly width: number; readonly cosineFirst: boolean; readonly shift: number };
  readonly timeWidth: number;
  /** SDXL's micro-conditioning: the pooled text and the sizes, each coded in `sizeCodeWidth`, `width` numbers together. */
  readonly textTime?: { readonly sizeCodeWidth: number; readonly width: number };
  /** Heads of the attention that pools the text states into one vector, added to the time embedding. */
  readonly textPooling?: { readonly heads: number };
  /** Rows of a learned class table added to the time embedding (×4 upscaler's noise level, class-conditional models). */
  readonly classes?: number;
  /** Width of the guidance-scale code that LCM-distilled UNets take. */
  readonly guidanceCodeWidth?: number;
}

/** What it sees of a step. */
export interface UNetEncoderInputs {
  /** Latents [N,C,h,w]. */
  readonly sample: Value;
  /** Timestep [N], float. */
  readonly timestep: Value;
  /** Text states [N,T,D]. */
  readonly context: Value;
  /** Pooled text [N,P] and sizes [N,6] (5 for the refiner): with `textTime` only. */
  readonly textEmbeds?: Value;
  readonly timeIds?: Value;
  /** Class number [N]: with `classes` only. */
  readonly classLabels?: Value;
  /** Guidance-scale code [N,G]: with `guidanceCodeWidth` only. */
  readonly guidanceCode?: Value;
}

/** What the way up begins with. */
export interface UNetEncoding {
  /** What goes across to the way up, from the first to the last: [N,C₀,h,w] … [N,Cₙ,h',w']. */
  readonly skips: readonly Value[];
  /** [N,Cₙ,h',w']. */
  readonly middle: Value;
  /** What every residual block adds [N,timeWidth]. */
  readonly embedding: Value;
}

/**
 * The way down and the middle. `hint` [N,C₀,h,w] is added behind the first convolution; `features`, as `featureDims` has them,
 * at the levels' ends and behind the middle.
 */
export function unetEncoder(
  p: Params,
  inputs: UNetEncoderInputs,
  config: UNetEncoderConfig,
  { hint, features: added = [] }: { readonly hint?: Value; readonly features?: readonly Value[] } = {},
): UNetEncoding {
  const { levels, groups, epsilon } = config;
  const { sample, context } = inputs;
  const embedding = timeEmbedding(p, inputs, config);
  const block = { groups, epsilon, embedding };
  const plus = (x: Value, more: Value | undefined) => (more === undefined ? x : add(x, more));

  let x = plus(conv2d(p.at("conv_in"), sample, { features: levels[0].features }), hint); // [N,C₀,h,w]
  const skips = [x];
  levels.forEach(({ features, resnets, transformer }, i) => {
    const down = p.at("down_blocks", i);
    const isLast = i === levels.length - 1;
    for (let j = 0; j < resnets; j++) {
      x = resnetBlock(down.at("resnets", j), x, { features, ...block });
      if (transformer) x = spatialTransformer(down.at("attentions", j), x, { ...transformer, groups, context });
      if (j === resnets - 1 && (transformer || isLast)) x = plus(x, added[i]);
      skips.push(x);
    }
    if (isLast) return;
    x = conv2d(down.at("downsamplers", 0, "conv"), x, { features, stride: 2 }); // [N,C,⌈h/2⌉,⌈w/2⌉]
    // Where a level has no attention, diffusers adds behind its convolution: SDXL's adapters begin at half the size.
    if (!transformer) x = plus(x, added[i]);
    skips.push(x);
  });

  const { features } = levels.at(-1)!;
  const middle = p.at("mid_block");
  x = resnetBlock(middle.at("resnets", 0), x, { features, ...block });
  if (config.middle) x = spatialTransformer(middle.at("attentions", 0), x, { ...config.middle, groups, context });
  x = resnetBlock(middle.at("resnets", 1), x, { features, ...block });
  return { skips, middle: plus(x, added[levels.length]), embedding };
}

/** The inputs of a graph: `sample` [batch,C,height,width], `timestep`, `context` [batch,tokens,D], and what the config has. */
export function encoderInputs(
  { inChannels, contextWidth, textTime, classes, guidanceCodeWidth }: UNetEncoderConfig,
  { pooledWidth = 0 }: { readonly pooledWidth?: number } = {},
): UNetEncoderInputs {
  const batch = symbol("batch");
  return {
    sample: input("sample", [batch, inChannels, symbol("height"), symbol("width")]),
    timestep: input("timestep", [batch]),
    context: input("context", [batch, symbol("tokens"), contextWidth]),
    ...(textTime && {
      textEmbeds: input("textEmbeds", [batch, pooledWidth]),
      timeIds: input("timeIds", [batch, (textTime.width - pooledWidth) / textTime.sizeCodeWidth]),
    }),
    ...(classes !== undefined && { classLabels: input("classLabels", [batch], "int64") }),
    ...(guidanceCodeWidth !== undefined && { guidanceCode: input("guidanceCode", [batch, guidanceCodeWidth]) }),
  };
}

type Dims = readonly Dim[];

/** Shapes of `UNetEncoding`'s skips and middle for latents [N,·,h,w]. */
export function encodingDims(
  { levels }: Pick<UNetEncoderConfig, "levels">,
  [batch, , ...size]: Dims,
): { readonly skips: readonly Dims[]; readonly middle: Dims } {
  const skips: Dims[] = [[batch, levels[0].features, ...size]];
  levels.forEach(({ features, resnets }, i) => {
    for (let j = 0; j < resnets; j++) skips.push([batch, features, ...halved(size, i)]);
    if (i < levels.length - 1) skips.push([batch, features, ...halved(size, i + 1)]);
  });
  return { skips, middle: skips.at(-1)! };
}

/** Shapes of what can be added at the levels' ends and behind the middle, for latents [N,·,h,w]. */
export function featureDims({ levels }: Pick<UNetEncoderConfig, "levels">, [batch, , ...size]: Dims): readonly Dims[] {
  const last = levels.length - 1;
  const ends = levels.map(({ features, transformer }, i): Dims => [
    batch,
    features,
    ...halved(size, transformer || i === last ? i : i + 1),
  ]);
  return [...ends, [batch, levels[last].features, ...halved(size, last)]];
}

/** A size halved so many times, rounded up. */
const halved = (size: Dims, times: number): Dims =>
  times === 0
    ? size
    : halved(
        size.map((dim) => floorDivideDim(addDims(dim, 1), 2)),
        times - 1,
      );

/** What every resnet adds: the timestep, in some the pooled text, with SDXL also the picture's sizes → [N,timeWidth]. */
function timeEmbedding(
  p: Params,
  { timestep, context, textEmbeds, timeIds, classLabels, guidanceCode }: UNetEncoderInputs,
  config: UNetEncoderConfig,
): Value {
  const { timeCode, timeWidth: features, textTime, classes, guidanceCodeWidth } = config;
  let code = sinusoids(timestep, timeCode);
  if (guidanceCodeWidth !== undefined)
    code = add(
      code,
      linear(p.at("time_embedding", "cond_proj"), guidanceCode!, { features: timeCode.width, bias: false }),
    );
  let embedding = timestepMlp(p.at("time_embedding"), code, { features });
  if (classes !== undefined)
    embedding = add(embedding, lookUp(p.at("class_embedding").parameter("weight", [classes, features]), classLabels!));
  if (config.textPooling !== undefined)
    embedding = add(embedding, textPooling(p.at("add_embedding"), context, { features, ...config.textPooling }));
  if (textTime !== undefined) {
    const { sizeCodeWidth } = textTime;
    const sizes = known(timeIds!, 1);
    const [n] = timestep.dims;
    const flat = reshape(timeIds!, [multiplyDims(n, sizes)]);
    const codes = reshape(sinusoids(flat, { ...timeCode, width: sizeCodeWidth }), [n, sizes * sizeCodeWidth]);
    embedding = add(embedding, timestepMlp(p.at("add_embedding"), concat([textEmbeds!, codes], 1), { features }));
  }
  return embedding;
}
