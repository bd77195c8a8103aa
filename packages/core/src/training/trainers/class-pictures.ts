// Pictures of a class, so that a model that learns one dog still knows the others (DreamBooth, arXiv 2208.12242, §3.2). Those
// that are missing the model makes itself, before it learns anything.

import type { Dataset } from "../../data/dataset.ts";
import { openDataset } from "../../data/open-dataset.ts";
import { writePng } from "../../image/png.ts";
import { load } from "../../pipelines/model.ts";
import type { TorchGenerator } from "../../util/rng/torch-generator.ts";
import type { AdaptationRecipe, PriorRecipe } from "../recipe/adaptation.ts";
import type { BaseModel } from "./base-model.ts";
import { openLearntPictures } from "./learnt-pictures.ts";
import type { LearntBatch } from "./learnt-pictures.ts";
import type { TrainerSetup } from "./trainer.ts";

/** Pictures of a class to learn beside those of one thing. */
export interface ClassPictures {
  /** Weight of their loss. */
  readonly weight: number;
  /** Some of them, drawn at random, with the class's name. */
  batch(count: number, draws: TorchGenerator): Promise<LearntBatch & { readonly texts: readonly string[] }>;
}

/** The pictures that `prior` asks for, made where there are too few. */
export async function openClassPictures(
  prior: PriorRecipe,
  { recipe, base, setup }: { recipe: AdaptationRecipe; base: BaseModel; setup: TrainerSetup },
): Promise<ClassPictures> {
  const given = prior.path === undefined ? undefined : await openDataset(prior.path, { signal: setup.signal });
  const missing = prior.count - (given?.length ?? 0);
  const made = missing <= 0 ? undefined : await madePictures(prior.prompt, missing, { recipe, base, setup });
  const training = joinedSet([given, made].flatMap((set) => set ?? []));
  const pictures = await openLearntPictures(recipe, {
    setup: { ...setup, training, validation: undefined },
    autoencoder: base.autoencoder,
    channels: base.autoencoder.imageChannels,
    needs: "nothing",
    cacheName: "class-latents",
  });
  return {
    weight: prior.weight,
    async batch(count, draws) {
      const indices = Array.from(draws.randint(count, 0, training.length));
      const texts = Array<string>(count).fill(prior.prompt);
      return { ...(await pictures.batch({ indices, epoch: 0 }, draws)), texts };
    },
  };
}

/** `count` pictures of `prompt` by the model as it is, in the run's folder; those that a run before made count. */
async function madePictures(
  prompt: string,
  count: number,
  { recipe, base, setup }: { recipe: AdaptationRecipe; base: BaseModel; setup: TrainerSetup },
): Promise<Dataset> {
  const { disk, cache } = setup.folder;
  const folder = `${cache}/class`;
  const note = `${folder}/made-of.json`;
  const of = JSON.stringify({ prompt, model: await base.checkpoint.hash(), size: recipe.size, seed: recipe.seed });
  if ((await disk.readText(note)) !== of) {
    await disk.removeFolder(folder);
    await disk.makeFolder(folder);
    await disk.writeNew(note, of);
  }
  const path = (i: number) => `${folder}/${String(i).padStart(6, "0")}.png`;
  const there = new Set(await disk.filesBelow(folder));
  const wanted = Array.from({ length: count }, (_, i) => i).filter((i) => !there.has(path(i).slice(folder.length + 1)));
  if (wanted.length > 0) {
    setup.notice(`${wanted.length} pictures of "${prompt}" are made first`);
    const model = await load(base.path, { device: setup.engine.device, signal: setup.signal });
    try {
      for (const i of wanted) {
        setup.signal?.throwIfAborted();
        const { images } = await model.generate({
          prompt,
          promptSyntax: "plain",
          seed: recipe.seed + i,
          width: recipe.size,
          height: recipe.size,
          upscale: false,
          signal: setup.signal,
        });
        await writePng(path(i), images[0].image!);
      }
    } finally {
      await model.close();
    }
  }
  const all = await openDataset(folder, { check: "header" });
  return all.length === count ? all : { ...all, length: count, hash: `${all.hash} ${count}` };
}

/** Sets one behind the other. */
function joinedSet(sets: readonly Dataset[]): Dataset {
  const [first, second] = sets;
  if (second === undefined) return first;
  const place = (index: number) =>
    index < first.length ? ([first, index] as const) : ([second, index - first.length] as const);
  return {
    name: `${first.name} and ${second.name}`,
    length: first.length + second.length,
    skipped: [...first.skipped, ...second.skipped],
    hash: `${first.hash} ${second.hash}`,
    read(index, epoch) {
      const [set, own] = place(index);
      return set.read(own, epoch);
    },
    describe(index, epoch) {
      const [set, own] = place(index);
      return set.describe(own, epoch);
    },
  };
}
