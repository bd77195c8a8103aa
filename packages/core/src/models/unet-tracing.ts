// The UNet as guidance and pictures of attention need it: what is asked for is traced, and the rest is the plain network.

import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { sum } from "../graph/ops/reduce.ts";
import { attentionMaps } from "../graph/passes/attention-maps.ts";
import { imageAttention, textAttentions } from "../graph/passes/image-attention.ts";
import { circularPadding } from "../graph/passes/circular-padding.ts";
import type { TilingAxes } from "../graph/passes/circular-padding.ts";
import { perturbedAttention } from "../graph/passes/perturbed-attention.ts";
import { isKUnet } from "./k-unet.ts";
import type { UNetConfig } from "./unet.ts";
import { unetGraph } from "./unet.ts";

/** What a UNet is traced with beside itself. Each costs only where it is asked for. */
export interface UNetTracing {
  /** FreeU: input `freeU` [4] of b₁, b₂, s₁, s₂. */
  readonly freeU?: boolean;
  /** Opposite sides of the picture meet. */
  readonly tiling?: TilingAxes;
  /** Input `perturbed` [batch]: self-attention in layers whose names start so becomes the identity where it is 1. */
  readonly perturbedLayers?: readonly string[];
  /** Outputs `attention.0`, `attention.1` … by level [batch,hw,tokens]: how much each place looks at each token, summed over layers. */
  readonly wordMaps?: boolean;
  /** Inputs `residual.0` … and `residual.middle`: what ControlNets add, in the shapes of `encodingDims`. */
  readonly residuals?: boolean;
  /** Inputs `feature.0` … of so many: what T2I-Adapters add, in the shapes of `featureDims`. */
  readonly features?: number;
  /** Inputs `imageStates.0` … of so many and `imageWeights`: pictures that attention looks at beside the text (IP-Adapter). */
  readonly picturePrompts?: number;
  /** Output `selfAttention` [batch,hw]: how much each place of the lowest level is looked at by all of them together. */
  readonly selfAttentionMap?: boolean;
}

/** `unetGraph` with `tracing`. Throws RangeError where the UNet has no such attention. */
export function tracedUNet(
  config: UNetConfig,
  { pooledWidth, tracing = {} }: { readonly pooledWidth?: number; readonly tracing?: UNetTracing },
): Graph {
  const { freeU, tiling, wordMaps, selfAttentionMap, residuals, features, picturePrompts } = tracing;
  if (tiling !== undefined && isKUnet(config))
    throw new TypeError("Cannot trace a latent upscaler with tiling: it mirrors its borders");
  const perturbedLayers = tracing.perturbedLayers?.map(publishedName);
  let graph = unetGraph(config, { pooledWidth, withFreeU: freeU, withResiduals: residuals, features });
  if (wordMaps) graph = attentionMaps(graph, (scope) => wordMapOf(scope, config));
  if (selfAttentionMap) {
    graph = attentionMaps(graph, (scope) => (scope === middleAttention ? "selfAttention" : undefined));
    const { selfAttention: map, ...outputs } = graph.outputs;
    if (map === undefined) throw new RangeError("Cannot guide by self-attention: the middle of the UNet has none");
    graph = graphOf(graph.name, { ...outputs, selfAttention: sum(map, { axes: [1] }) });
  }
  if (perturbedLayers !== undefined) {
    const strange = perturbedLayers.find((layer) => !graph.values.some(({ scope }) => isIn(scope, layer)));
    if (strange !== undefined)
      throw new RangeError(
        `Cannot perturb attention in "${strange}": the UNet has no such layer ("mid_block", "up_blocks.1.attentions.0" and the like are wanted)`,
      );
    graph = perturbedAttention(
      graph,
      (scope) => scope.endsWith(".attn1") && perturbedLayers.some((layer) => isIn(scope, layer)),
    );
  }
  if (picturePrompts !== undefined)
    graph = imageAttention(graph, { layers: textAttentions(graph), pictures: picturePrompts });
  return tiling === undefined ? graph : circularPadding(graph, tiling);
}

const middleAttention = "mid_block.attentions.0.transformer_blocks.0.attn1";

/** A layer as diffusers' pipelines of this guidance write it, "up.block_1.attentions_0", by its name in the checkpoint. */
const publishedName = (layer: string): string =>
  layer
    .replace(/^(down|up)\.block_/, "$1_blocks.")
    .replace(/^mid\.block_0/, "mid_block")
    .replace(/\.attentions_/, ".attentions.");

/** Whether `layer` is how the module path starts; "up_blocks.1" is not how "up_blocks.10" does. */
const isIn = (scope: string, layer: string): boolean =>
  scope.startsWith(layer) && !(/\d$/.test(layer) && /^\d/.test(scope.slice(layer.length)));

/** The output that the cross-attention at `scope` belongs to, by its resolution. */
function wordMapOf(scope: string, { levels }: UNetConfig): string | undefined {
  if (!scope.endsWith(".attn2")) return undefined;
  const [side, block] = scope.split(".");
  const lowest = levels.length - 1;
  const level = side === "down_blocks" ? Number(block) : side === "up_blocks" ? lowest - Number(block) : lowest;
  return `attention.${level}`;
}

/** Height and width of the features at each level for latents of height × width: halved and rounded up from one to the next. */
export function levelSizes(
  { levels }: UNetConfig,
  { height, width }: { readonly height: number; readonly width: number },
): readonly { readonly height: number; readonly width: number }[] {
  const half = (size: number, times: number) => Math.ceil(size / 2 ** times);
  return levels.map((_, i) => ({ height: half(height, i), width: half(width, i) }));
}
