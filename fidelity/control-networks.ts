// ControlNets and T2I-Adapters by themselves: what they tell the UNet.

import { controlNetConfig } from "@noisette/core/models/controlnet-config";
import { controlNetGraph, pictureEmbedding } from "@noisette/core/models/controlnet";
import { t2iAdapterConfig, t2iAdapterGraph } from "@noisette/core/models/t2i-adapter";
import { graphOf } from "@noisette/core/graph/graph";
import { input } from "@noisette/core/graph/ops/source";
import { parameters } from "@noisette/core/graph/params";
import { controlModes } from "@noisette/core/pipelines/control-modes";
import { floats } from "./network-roles.ts";
import type { StandaloneNetwork } from "./standalone-networks.ts";

const weights = "diffusion_pytorch_model.safetensors";

/** The reference's three runs: timestep, and what its residuals are multiplied by. */
const runs: readonly { readonly timestep: number; readonly scales: (count: number) => readonly number[] }[] = [
  { timestep: 17, scales: controlModes.balanced.controlNet },
  { timestep: 640, scales: (count) => new Array<number>(count).fill(0.7) },
  { timestep: 640, scales: controlModes.guess.controlNet },
];

const controlNets = ["controlnet-sd1", "controlnet-sdxl"].flatMap((folder): StandaloneNetwork[] => [
  {
    folder,
    weights,
    golden: `${folder}/controlnet`,
    cpuOnly: folder === "controlnet-sdxl",
    trace: (config) => controlNetGraph(controlNetConfig(config), { pooledWidth: 40 }),
    compare: (golden) => {
      const skips = [...golden.tensors.keys()].filter((name) => name.startsWith("out.0.down.")).length;
      const added = golden.tensors.has("in.added.text_embeds") && {
        textEmbeds: floats(golden, "in.added.text_embeds"),
        timeIds: floats(golden, "in.added.time_ids"),
      };
      return runs.map(({ timestep, scales }, i) => {
        const factors = scales(skips + 1);
        const scaled = (name: string, factor: number) => (results: Record<string, { data: ArrayLike<number> }>) =>
          Array.from(results[name].data, (value) => factor * value);
        return {
          feeds: {
            sample: floats(golden, "in.sample"),
            timestep: { dims: [1], data: Float32Array.of(timestep) },
            context: floats(golden, "in.encoder_hidden_states"),
            picture: floats(golden, "in.controlnet_cond"),
            ...added,
          },
          outputs: {
            ...Object.fromEntries(
              Array.from({ length: skips }, (_, j) => [`out.${i}.down.${j}`, scaled(`residual.${j}`, factors[j])]),
            ),
            [`out.${i}.mid`]: scaled("residual.middle", factors[skips]),
          },
        };
      });
    },
  },
  {
    folder,
    weights,
    golden: `${folder}/controlnet`,
    cpuOnly: true,
    trace: (published) => {
      const config = controlNetConfig(published);
      const picture = input("picture", [1, 3, 64, 64]);
      return graphOf("embedding", {
        embedding: pictureEmbedding(parameters().at("controlnet_cond_embedding"), picture, config),
      });
    },
    compare: (golden) => [
      {
        feeds: { picture: floats(golden, "in.controlnet_cond") },
        outputs: { "mid.cond_embedding": ({ embedding }) => embedding.data },
      },
    ],
  },
]);

/** Every one of them. */
export const controlNetworks: readonly StandaloneNetwork[] = [
  ...controlNets,
  {
    folder: "t2iadapter-sd1",
    weights,
    golden: "t2iadapter-sd1/adapter",
    trace: (config) => t2iAdapterGraph(t2iAdapterConfig(config)),
    compare: (golden) => [
      {
        feeds: { picture: floats(golden, "in.image") },
        outputs: Object.fromEntries(
          Array.from({ length: 4 }, (_, i) => [`out.${i}`, (results) => results[`feature.${i}`].data]),
        ),
      },
    ],
  },
];
