// Trains a LoRA: W stays, y = Wx + alpha/rank · U(Dx) with D as a layer begins and U zero (arXiv 2106.09685, §4.1).

import { writeLora } from "../../adapters/write-adapter.ts";
import type { LoraModule } from "../../adapters/write-adapter.ts";
import { loraDims } from "../../adapters/forms/lora.ts";
import { saveText } from "../../checkpoints/save/model-parts.ts";
import { graphOf } from "../../graph/graph.ts";
import { scalar } from "../../graph/ops/source.ts";
import { lowRank } from "../../graph/passes/low-rank.ts";
import { tensor } from "../../tensor/tensor.ts";
import { evenly, filled } from "../initialize.ts";
import type { LoraRecipe } from "../recipe/lora.ts";
import { openAdaptation } from "./adaptation.ts";
import { adaptedSamples } from "./adapted-samples.ts";
import { openBaseModel } from "./base-model.ts";
import { calledBy } from "./captions.ts";
import { openClassPictures } from "./class-pictures.ts";
import { fileStem, kohyaMetadata } from "./adapter-files.ts";
import { chosenLayers } from "./lora-layers.ts";
import type { Trainer, TrainerSetup } from "./trainer.ts";

/** Opens the trainer of `recipe`. Throws Error when a pattern fits no layer of the model. */
export async function openLoraTrainer(recipe: LoraRecipe, setup: TrainerSetup): Promise<Trainer> {
  const { folder, training } = setup;
  const base = await openBaseModel(recipe.model, setup);
  const layers = chosenLayers(recipe, base);
  const textOf = calledBy(recipe.prompt);
  const adaptation = await openAdaptation(recipe, {
    base,
    setup,
    tracesText: [...layers.values()].some(({ component }) => component !== "unet"),
    captions: recipe.prompt === undefined,
    textOf,
    prior: recipe.prior && (await openClassPictures(recipe.prior, { recipe, base, setup })),
  });
  const names = (parameter: string) => ({ down: `lora.${parameter}.down`, up: `lora.${parameter}.up` });
  const path = `${folder.model}/${fileStem(recipe.name)}.safetensors`;

  return {
    ...adaptation.trainer,
    program: {
      name: "lora",
      build(p) {
        const plain = graphOf("plain", { loss: adaptation.loss(p) });
        const changed = lowRank(plain, ({ name, dims: [out, ...rest] }) => {
          const layer = layers.get(name);
          if (layer === undefined) return undefined;
          const { rank, alpha } = layer;
          const own = names(name);
          return {
            down: p.parameter(own.down, [rank, ...rest]),
            up: p.parameter(own.up, [out, rank]),
            scale: scalar(alpha / rank),
          };
        });
        const isFactor = (name: string) => name.startsWith("lora.");
        return { objectives: [{ name: "denoising", loss: changed.outputs.loss, trains: isFactor }] };
      },
    },
    frozen: { tensors: base.tensors, source: base.path },
    rules: [
      // torch's linear layers and convolutions begin so too: evenly within ±1/√fan-in.
      { matches: (name) => name.endsWith(".down"), draw: evenly },
      { matches: (name) => name.endsWith(".up"), draw: filled(0) },
    ],
    groups: Array.from(layers, ([name, { learningRate }]) => ({ name, learningRate })).flatMap(
      ({ name, learningRate }) =>
        learningRate === undefined
          ? []
          : [{ matches: (own: string) => Object.values(names(name)).includes(own), learningRate }],
    ),

    async save(weights, card, facts) {
      await folder.disk.makeFolder(folder.model);
      const modules = Array.from(layers).flatMap(([name, layer]): LoraModule[] => {
        const { down, up } = names(name);
        // Layers that the loss does not reach, as SDXL's last of CLIP, have learnt nothing.
        if (!weights.has(down)) return [];
        const dims = loraDims(layer.dims, layer.rank);
        return [
          {
            component: layer.component,
            path: layer.path,
            factors: {
              down: tensor(dims.down, weights.get(down)!.data),
              up: tensor(dims.up, weights.get(up)!.data),
              scale: layer.alpha / layer.rank,
            },
          },
        ];
      });
      const model = { family: base.checkpoint.family, networks: base.checkpoint.networks };
      const metadata = await kohyaMetadata(recipe, { base, facts, examples: training.length });
      await writeLora(path, modules, { model, type: recipe.type, metadata });
      const diffusers = `${folder.model}/pytorch_lora_weights.safetensors`;
      await writeLora(diffusers, modules, { model, naming: "peft", type: recipe.type });
      await saveText(`${folder.model}/README.md`, card);
    },

    samples: () =>
      adaptedSamples({
        recipe,
        setup,
        model: base.path,
        pictures: adaptation.pictures,
        textOf,
        adapters: { loras: [{ name: path }] },
      }),
  };
}
