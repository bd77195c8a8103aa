// Networks that are no part of a Stable Diffusion checkpoint, each a folder with its config.json and weights: how they
// are traced and how the reference's cases of them are read.

import type { Graph } from "@noisette/core/graph/graph";
import { autoencoderTinyConfig, tinyDecoderGraph, tinyEncoderGraph } from "@noisette/core/models/autoencoder-tiny";
import { clipConfig, clipGraph } from "@noisette/core/models/clip";
import { clipVisionConfig, clipVisionGraph } from "@noisette/core/models/clip-vision";
import type { PublishedConfig } from "@noisette/core/models/config";
import { ldmBertConfig, ldmBertGraph } from "@noisette/core/models/ldm-bert";
import { safetyCheckerGraph } from "@noisette/core/models/safety-checker";
import { unetGraph } from "@noisette/core/models/unet";
import { unetConfig } from "@noisette/core/models/unet-config";
import { unet2dConfig, unet2dGraph } from "@noisette/core/models/unet2d";
import { vqAutoencoderConfig, vqDecoderGraph, vqEncoderGraph } from "@noisette/core/models/vq-autoencoder";
import { goldenTensor } from "../fixtures/read-golden.ts";
import { controlNetworks } from "./control-networks.ts";
import { floats, integers, picture, roles } from "./network-roles.ts";
import type { Comparison, Role } from "./network-roles.ts";

/** A network alone. */
export interface StandaloneNetwork {
  /** Its folder under fixtures/models, and the file of weights in it. */
  readonly folder: string;
  readonly weights: string;
  readonly trace: (config: PublishedConfig) => Graph;
  /** The reference's case under fixtures/cases. */
  readonly golden: string;
  readonly compare: Role["compare"];
  /** Where other rows test the same operators on WebGPU. */
  readonly cpuOnly?: boolean;
}

const diffusersWeights = "diffusion_pytorch_model.safetensors";

const tinyAutoencoder = {
  folder: "autoencoder_tiny",
  weights: diffusersWeights,
  golden: "autoencoder_tiny/autoencoder_tiny",
};

const vqAutoencoders = ["ldm-text2im", "ldm-super-resolution"].flatMap((model): StandaloneNetwork[] => {
  const network = { folder: `${model}/vqvae`, weights: diffusersWeights, golden: `${model}/vqmodel` };
  return [
    {
      ...network,
      trace: (config) => vqEncoderGraph(vqAutoencoderConfig(config)),
      compare: (golden) => [
        { feeds: { image: picture(golden) }, outputs: { "out.latents": ({ latents }) => latents.data } },
      ],
    },
    {
      ...network,
      cpuOnly: true,
      trace: (config) => vqDecoderGraph(vqAutoencoderConfig(config)),
      compare: (golden): Comparison[] => [
        {
          feeds: { latents: floats(golden, "in.h") },
          outputs: {
            "out.h_decoded": ({ image }) => image.data,
            "out.h_indices": ({ indices }) => Array.from(indices.data, Number),
          },
        },
        {
          feeds: { latents: floats(golden, "out.latents") },
          outputs: {
            "out.decoded": ({ image }) => image.data,
            "out.indices": ({ indices }) => Array.from(indices.data, Number),
          },
        },
      ],
    },
    {
      ...network,
      cpuOnly: true,
      trace: (config) => vqDecoderGraph(vqAutoencoderConfig(config), { exact: true }),
      compare: (golden) => [
        { feeds: { latents: floats(golden, "in.h") }, outputs: { "out.h_decoded_noquant": ({ image }) => image.data } },
      ],
    },
  ];
});

const clipTowers: StandaloneNetwork[] = [
  {
    folder: "clip",
    weights: "model.safetensors",
    golden: "clip/clip",
    trace: (config) => clipVisionGraph(clipVisionConfig(config)),
    compare: (golden) => [
      {
        feeds: { pixels: floats(golden, "out.pixel_values") },
        outputs: {
          "out.vision_hidden_states.penultimate": (results) => results["hidden.2"].data,
          "out.vision_last_hidden_state": (results) => results["hidden.3"].data,
          "out.vision_pooler_output": ({ pooled }) => pooled.data,
        },
      },
    ],
  },
  {
    folder: "clip",
    weights: "model.safetensors",
    golden: "clip/clip",
    cpuOnly: true,
    trace: (config) => clipGraph(clipConfig(config)),
    compare: (golden) => [
      {
        feeds: {
          pixels: floats(golden, "out.pixel_values"),
          ids: integers(goldenTensor(golden, "in.input_ids")),
        },
        outputs: {
          "out.image_embeds": ({ imageEmbeds }) => imageEmbeds.data,
          "out.text_embeds": ({ textEmbeds }) => textEmbeds.data,
          "out.logits_per_image": ({ logits }) => logits.data,
        },
      },
    ],
  },
  {
    folder: "safety-checker",
    weights: "model.safetensors",
    golden: "clip/safety_checker",
    cpuOnly: true,
    trace: (config) => safetyCheckerGraph(clipVisionConfig(config)),
    compare: (golden) => [
      {
        feeds: { pixels: floats(golden, "in.pixel_values") },
        outputs: {
          "out.concept_cos": ({ conceptCosines }) => conceptCosines.data,
          "out.special_cos": ({ specialCosines }) => specialCosines.data,
          "out.has_nsfw": ({ flag }) => flag.data,
        },
      },
    ],
  },
];

/** UNets without cross-attention: unconditional, by class, and by a picture beside the latents. */
const unets: StandaloneNetwork[] = [
  { folder: "ddpm/unet", golden: "ddpm/unet" },
  { folder: "unet2d-class", golden: "unet2d-class/unet", cpuOnly: true },
  { folder: "ldm-super-resolution/unet", golden: "ldm-super-resolution/unet", cpuOnly: true },
].map((network) => ({
  ...network,
  weights: diffusersWeights,
  trace: (config) => unet2dGraph(unet2dConfig(config)),
  compare: (golden) => {
    const sample = floats(golden, "in.sample");
    const [batch] = sample.dims;
    const labels = golden.tensors.get("in.class_labels");
    return Array.from(floats(golden, "in.timesteps").data, (t, i) => ({
      feeds: {
        sample,
        timestep: { dims: [batch], data: new Float32Array(batch).fill(t) },
        ...(labels && { classLabels: integers(labels) }),
      },
      outputs: { [`out.sample.${i}`]: ({ out }) => out.data },
    }));
  },
}));

const ldmUnet: StandaloneNetwork = {
  folder: "ldm-text2im/unet",
  weights: diffusersWeights,
  golden: "ldm-text2im/unet",
  cpuOnly: true,
  trace: (config) => unetGraph(unetConfig(config)),
  compare: roles.unet.compare,
};

const ldmBert: StandaloneNetwork = {
  folder: "ldm-text2im/bert",
  weights: "model.safetensors",
  golden: "ldm-text2im/bert",
  cpuOnly: true,
  trace: (config) => ldmBertGraph(ldmBertConfig(config)),
  compare: (golden) => [
    {
      feeds: { ids: integers(goldenTensor(golden, "in.input_ids")) },
      outputs: { "out.last_hidden_state": ({ states }) => states.data },
    },
  ],
};

/** Every network alone. */
export const standaloneNetworks: readonly StandaloneNetwork[] = [
  {
    ...tinyAutoencoder,
    trace: (config) => tinyEncoderGraph(autoencoderTinyConfig(config)),
    compare: (golden) => [
      { feeds: { image: picture(golden) }, outputs: { "out.latents": ({ latents }) => latents.data } },
    ],
  },
  {
    ...tinyAutoencoder,
    trace: (config) => tinyDecoderGraph(autoencoderTinyConfig(config)),
    compare: (golden) => [
      { feeds: { latents: floats(golden, "in.z") }, outputs: { "out.decoded": ({ image }) => image.data } },
    ],
  },
  ...vqAutoencoders,
  ...clipTowers,
  ...unets,
  ldmUnet,
  ldmBert,
  ...controlNetworks,
];
