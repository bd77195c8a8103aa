// Trains a whole model on a few pictures of one thing (DreamBooth, arXiv 2208.12242): every weight of its UNet, and of its text
// encoders where that is wanted.

import { saveDiffusersFolder } from "../../checkpoints/save/diffusers-folder.ts";
import { saveText, tensorsBelow } from "../../checkpoints/save/model-parts.ts";
import { modelToSave } from "../../checkpoints/save/model-to-save.ts";
import { componentFolders } from "../../checkpoints/folder-description.ts";
import type { NetworkSlot } from "../../checkpoints/checkpoint.ts";
import { graphOf, parametersOf } from "../../graph/graph.ts";
import { parameters } from "../../graph/params.ts";
import type { DreamboothRecipe } from "../recipe/dreambooth.ts";
import { openAdaptation } from "./adaptation.ts";
import { adaptedSamples } from "./adapted-samples.ts";
import { openBaseModel, readValues } from "./base-model.ts";
import { calledBy } from "./captions.ts";
import { openClassPictures } from "./class-pictures.ts";
import type { Trainer, TrainerSetup } from "./trainer.ts";

/** Opens the trainer of `recipe`. */
export async function openDreamboothTrainer(recipe: DreamboothRecipe, setup: TrainerSetup): Promise<Trainer> {
  const { folder } = setup;
  const base = await openBaseModel(recipe.model, setup);
  const textOf = calledBy(recipe.prompt);
  const adaptation = await openAdaptation(recipe, {
    base,
    setup,
    tracesText: recipe.textEncoder,
    captions: recipe.prompt === undefined,
    textOf,
    prior: recipe.prior && (await openClassPictures(recipe.prior, { recipe, base, setup })),
  });
  // Not all of SDXL's text encoders is used: their last layers have nothing to learn.
  const used = parametersOf(graphOf("plain", { loss: adaptation.loss(parameters()) })).map(({ name }) => name);
  const initial = await readValues(used.map((name) => [name, base.tensors.get(name)!]));

  return {
    ...adaptation.trainer,
    program: {
      name: "dreambooth",
      build: (p) => ({ objectives: [{ name: "denoising", loss: adaptation.loss(p), trains: () => true }] }),
    },
    initial,

    async save(weights, card) {
      const model = await modelToSave(base.checkpoint, recipe.type);
      const networks = new Map(
        Array.from(model.networks, ([slot, network]) => {
          const learnt = tensorsBelow(weights, `${componentFolders[slot as NetworkSlot]}.`);
          const tensors = new Map(network.tensors);
          for (const [name, value] of learnt) tensors.set(name, { ...value, type: recipe.type });
          return [slot, { ...network, tensors }];
        }),
      );
      // The folder before stays until the new one is whole.
      const growing = `${folder.model}.new`;
      await folder.disk.removeFolder(growing);
      await saveDiffusersFolder(growing, { ...model, networks });
      await saveText(`${growing}/README.md`, card);
      await folder.disk.removeFolder(folder.model);
      await folder.disk.rename(growing, folder.model);
    },

    samples: () =>
      adaptedSamples({
        recipe,
        setup,
        model: folder.model,
        pictures: adaptation.pictures,
        textOf,
        adapters: {},
      }),
  };
}
