// The UNet that a recipe describes: diffusers' UNet2DConditionModel where texts are the condition, its UNet2DModel otherwise.

import type { Graph } from "../../graph/graph.ts";
import type { Params } from "../../graph/params.ts";
import type { Value } from "../../graph/value.ts";
import type { PublishedConfig } from "../../models/config.ts";
import { unetConfig } from "../../models/unet-config.ts";
import { unet, unetGraph } from "../../models/unet.ts";
import { unet2d, unet2dConfig, unet2dGraph } from "../../models/unet2d.ts";
import type { DiffusionRecipe } from "../recipe/diffusion.ts";
import { conditionalUnetPublished, plainUnetPublished } from "../save/published-configs.ts";

/** What a denoising network may see. */
export interface DenoisingInputs {
  readonly sample: Value;
  readonly timestep: Value;
  readonly context?: Value;
  readonly classLabels?: Value;
}

/** A network that predicts noise, v or clean data. */
export interface DenoisingNetwork {
  readonly published: PublishedConfig;
  /** All that a config.json of its class says of weights. */
  sizesOf(published: PublishedConfig): object;
  /** Rows of its table of classes: with dropout the last one stands for none. */
  readonly classes: number | undefined;
  /** Its folder in the saved model, and the prefix of its parameters. */
  readonly component: string;
  predict(p: Params, inputs: DenoisingInputs): Value;
  /** Inputs as DenoisingInputs; output `out`. */
  graph(): Graph;
}

/** Channels and sizes that follow from the data. */
export interface DenoisingSizes {
  readonly sampleSize: number;
  readonly inChannels: number;
  readonly outChannels: number;
  /** Width of the text states, with a text condition only. */
  readonly contextWidth: number | undefined;
}

/** The network of `recipe`. */
export function denoisingNetwork(recipe: DiffusionRecipe, sizes: DenoisingSizes): DenoisingNetwork {
  const component = "unet";
  if (sizes.contextWidth !== undefined) {
    const { pooledText, headWidth } = recipe.unet;
    if (pooledText && sizes.contextWidth % headWidth !== 0)
      throw new Error(
        `Cannot pool texts that are ${sizes.contextWidth} wide: "unet.headWidth" is ${headWidth} (a divisor is wanted)`,
      );
    const published = conditionalUnetPublished(recipe, { ...sizes, contextWidth: sizes.contextWidth });
    const config = unetConfig(published);
    return {
      published,
      sizesOf: unetConfig,
      classes: undefined,
      component,
      predict: (p, { context, ...inputs }) => unet(p, { ...inputs, context: context! }, config),
      graph: () => unetGraph(config),
    };
  }
  const classes = recipe.classes === undefined ? undefined : recipe.classes + (recipe.dropout > 0 ? 1 : 0);
  const published = plainUnetPublished(recipe, { ...sizes, classes });
  const config = unet2dConfig(published);
  return {
    published,
    sizesOf: unet2dConfig,
    classes,
    component,
    predict: (p, inputs) => unet2d(p, inputs, config),
    graph: () => unet2dGraph(config),
  };
}
