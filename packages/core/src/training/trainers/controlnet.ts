// Trains a ControlNet (arXiv 2302.05543, §3): a copy of the UNet's way down, joined to it by convolutions that begin as zero. The
// UNet itself stays as it is.

import { multiplyDims, symbol } from "../../graph/dim.ts";
import { parametersOf } from "../../graph/graph.ts";
import { input } from "../../graph/ops/source.ts";
import { saveText, savePart, tensorsBelow } from "../../checkpoints/save/model-parts.ts";
import { controlNet, controlNetGraph, pictureScale } from "../../models/controlnet.ts";
import { controlNetConfig } from "../../models/controlnet-config.ts";
import { tensor } from "../../tensor/tensor.ts";
import { drawsAt } from "../draws.ts";
import { filled } from "../initialize.ts";
import { pictureTensor } from "../pictures.ts";
import type { ControlNetRecipe } from "../recipe/controlnet.ts";
import { controlNetPublished } from "../save/controlnet-config.ts";
import { openAdaptation } from "./adaptation.ts";
import { adaptedSamples } from "./adapted-samples.ts";
import { openBaseModel, readValues } from "./base-model.ts";
import { calledBy } from "./captions.ts";
import { controlPictures } from "./control-pictures.ts";
import type { Trainer, TrainerSetup } from "./trainer.ts";

/** Widths of the published ControlNets, for latents eight times smaller than pictures. */
const usualFeatures = [16, 32, 96, 256];

/** Opens the trainer of `recipe`. Throws Error when its widths do not lead to the latents' size. */
export async function openControlNetTrainer(recipe: ControlNetRecipe, setup: TrainerSetup): Promise<Trainer> {
  const { folder } = setup;
  const base = await openBaseModel(recipe.model, setup);
  const { factor } = base.autoencoder;
  const features = recipe.pictureFeatures ?? usualFeatures.slice(0, Math.log2(factor) + 1);
  const published = controlNetPublished(base.checkpoint.networks.unet.config, features);
  const config = controlNetConfig(published);
  if (pictureScale(config) !== factor)
    throw new RangeError(
      `Cannot train a ControlNet for "${base.path}": widths [${features}] make pictures ${pictureScale(config)} times smaller ("pictureFeatures" that make them ${factor} times smaller are wanted)`,
    );
  const follow = controlPictures(recipe);
  const textOf = calledBy(recipe.prompt);
  const adaptation = await openAdaptation(recipe, {
    base,
    setup,
    tracesText: false,
    captions: recipe.prompt === undefined,
    textOf,
    seesPictures: true,
    async more({ examples, draws }) {
      const pictures = [];
      for (const example of examples) pictures.push(await follow(example, draws));
      const { dims, data } = pictureTensor(pictures, { channels: 3 });
      return {
        picture: tensor(
          dims,
          data.map((value) => (value + 1) / 2),
        ),
      };
    },
  });

  // What the UNet has too begins as its copy.
  const graph = controlNetGraph(config, { pooledWidth: base.encoders.at(-1)!.config.projection });
  const copied = parametersOf(graph).flatMap(({ name }) => {
    const stored = base.tensors.get(`unet.${name}`);
    return stored === undefined ? [] : [[`controlnet.${name}`, stored] as const];
  });

  return {
    ...adaptation.trainer,
    program: {
      name: "controlnet",
      build(p) {
        const loss = adaptation.loss(p, {
          residuals(seen) {
            const pixels = adaptation.pictures.size.map((side) => multiplyDims(side, factor));
            const picture = input("picture", [symbol("batch"), config.pictureChannels, ...pixels]);
            return controlNet(p.at("controlnet"), { ...seen, picture }, config);
          },
        });
        const isOwn = (name: string) => name.startsWith("controlnet.");
        return { objectives: [{ name: "denoising", loss, trains: isOwn }] };
      },
    },
    frozen: { tensors: base.tensors, source: base.path },
    initial: await readValues(copied),
    rules: [
      {
        matches: (name) =>
          /\.(controlnet_(down_blocks\.\d+|mid_block)|controlnet_cond_embedding\.conv_out)\.\w+$/.test(name),
        draw: filled(0),
      },
    ],

    async save(weights, card) {
      const own = tensorsBelow(weights, "controlnet.");
      await savePart(folder.model, {
        folder: "",
        weightsName: "diffusion_pytorch_model",
        config: published,
        tensors: Array.from(own, ([name, value]) => [name, { ...value, type: recipe.type }] as const),
      });
      await saveText(`${folder.model}/README.md`, card);
    },

    async samples() {
      const examples = await adaptation.pictures.shown(recipe.samples.count);
      const draws = drawsAt(recipe.seed, "validation", { epoch: 1, batch: 0 });
      const controls = [];
      for (const example of examples) controls.push({ path: folder.model, image: await follow(example, draws) });
      return adaptedSamples({
        recipe,
        setup,
        model: base.path,
        pictures: { square: adaptation.pictures.square, shown: async () => examples },
        textOf,
        adapters: {},
        controls,
      });
    },
  };
}
