// Trains a hypernetwork: k = W_k(c + h_k(c)), v = W_v(c + h_v(c)) in every attention whose context c has one of its widths, as in
// AUTOMATIC1111.

import { writeHypernetwork } from "../../adapters/write-hypernetwork.ts";
import { saveText, tensorsBelow } from "../../checkpoints/save/model-parts.ts";
import { symbol } from "../../graph/dim.ts";
import { graphOf } from "../../graph/graph.ts";
import { multiply } from "../../graph/ops/elementwise.ts";
import { input } from "../../graph/ops/source.ts";
import { parameters } from "../../graph/params.ts";
import type { Params } from "../../graph/params.ts";
import type { Value } from "../../graph/value.ts";
import { hypernetworkPrefix, hypernetworkWeight, withHypernetworks } from "../../models/hypernetwork.ts";
import type { HypernetworkConfig } from "../../models/hypernetwork.ts";
import type { UNetConfig } from "../../models/unet.ts";
import { tensor } from "../../tensor/tensor.ts";
import { hypernetworkInitializations, hypernetworkRules } from "../hypernetwork-initializations.ts";
import type { HypernetworkRecipe } from "../recipe/hypernetwork.ts";
import { openAdaptation } from "./adaptation.ts";
import { adaptedSamples } from "./adapted-samples.ts";
import { fileStem, modelName } from "./adapter-files.ts";
import { openBaseModel } from "./base-model.ts";
import { calledBy } from "./captions.ts";
import type { Feeds, Trainer, TrainerSetup } from "./trainer.ts";

/** Opens the trainer of `recipe`. Throws Error when a width is none of the model's. */
export async function openHypernetworkTrainer(recipe: HypernetworkRecipe, setup: TrainerSetup): Promise<Trainer> {
  const { folder } = setup;
  const base = await openBaseModel(recipe.model, setup);
  const known = contextWidths(base.unet);
  const { widths = known, layerStructure, activation, activateOutput, layerNorm, layerDropout } = recipe;
  const strange = widths.find((width) => !known.includes(width));
  if (strange !== undefined)
    throw new RangeError(
      `Cannot train a hypernetwork for "${base.path}": nothing it attends to has width ${strange} (${known.join(", ")} are known)`,
    );
  const config: HypernetworkConfig = {
    widths,
    layerStructure,
    activation,
    activateOutput,
    layerNorm,
    dropout: layerDropout ?? layerStructure.map(() => 0),
  };
  /** The masks of dropout by input: rate and features. */
  const masks = new Map<string, { readonly rate: number; readonly features: number }>();
  const textOf = calledBy(recipe.prompt);
  const adaptation = await openAdaptation(recipe, {
    base,
    setup,
    tracesText: false,
    captions: recipe.prompt === undefined,
    textOf,
    more({ texts, draws, isTraining }) {
      const feeds: Record<string, Feeds[string]> = { [hypernetworkWeight(0)]: tensor([], Float32Array.of(1)) };
      for (const [name, { rate, features }] of masks) {
        const mask = tensor([texts.length, 1, features]);
        if (isTraining) draws.rand(mask.data.length).forEach((u, i) => (mask.data[i] = u < rate ? 0 : 1 / (1 - rate)));
        else mask.data.fill(1);
        feeds[name] = mask;
      }
      return feeds;
    },
  });
  const loss = (p: Params): Value => {
    const drops = new Map<string, Value>();
    const plain = graphOf("plain", { loss: adaptation.loss(p) });
    return withHypernetworks(plain, [config], {
      make: (name, dims) => p.parameter(name, dims),
      drop(x, rate, place) {
        // One mask for all attentions of a width: they are the same network.
        const name = `dropout.${place}`;
        const features = x.dims.at(-1) as number;
        masks.set(name, { rate, features });
        const mask = drops.get(name) ?? input(name, [symbol("batch"), 1, features]);
        drops.set(name, mask);
        return multiply(x, mask);
      },
    }).outputs.loss;
  };
  loss(parameters());
  const path = `${folder.model}/${fileStem(recipe.name)}.pt`;

  return {
    ...adaptation.trainer,
    program: {
      name: "hypernetwork",
      build: (p) => ({
        objectives: [
          { name: "denoising", loss: loss(p), trains: (name) => name.startsWith(`${hypernetworkPrefix(0)}.`) },
        ],
      }),
    },
    frozen: { tensors: base.tensors, source: base.path },
    rules: hypernetworkRules(recipe.initialization),

    async save(weights, card, { step }) {
      await folder.disk.makeFolder(folder.model);
      await writeHypernetwork(path, {
        name: fileStem(recipe.name),
        config,
        tensors: tensorsBelow(weights, `${hypernetworkPrefix(0)}.`),
        initialization: hypernetworkInitializations[recipe.initialization].file,
        step,
        model: { name: modelName(base), hash: await base.checkpoint.hash() },
      });
      await saveText(`${folder.model}/README.md`, card);
    },

    samples: () =>
      adaptedSamples({
        recipe,
        setup,
        model: base.path,
        pictures: adaptation.pictures,
        textOf,
        adapters: { hypernetworks: [{ name: path }] },
      }),
  };
}

/** Widths of what the attentions of a UNet look at: texts, and the picture at each level that attends. */
function contextWidths({ contextWidth, levels, middle }: UNetConfig): number[] {
  const attending = levels.filter(({ transformer }, i) => transformer || (middle && i === levels.length - 1));
  return [...new Set([contextWidth, ...attending.map(({ features }) => features)])];
}
