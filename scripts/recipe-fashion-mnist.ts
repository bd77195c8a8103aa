// DDPM on Fashion-MNIST, with classes and without: trained, sampled by DDIM and DDPM, measured, and shown in docs/fashion-mnist.md.
// What is finished is skipped, what was stopped goes on; time and result of each stage go to recipes/fashion-mnist/results.json.
//
//   npm run recipe:fashion-mnist -- [--stage NAME] [--data FOLDER] [--pictures N] [--bound N] [--threads N] [--device cpu|webgpu]
//   npm run recipe:fashion-mnist -- --tiny [--folder FOLDER]      all of it in seconds, on drawings of our own

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readTextlessModel } from "@noisette/core/checkpoints/textless-model";
import { openIdx } from "@noisette/core/data/idx";
import { encodePng } from "@noisette/core/platform/node";
import type { DiffusionRecipe } from "@noisette/core/training/recipe/diffusion";
import type { Recipe } from "@noisette/core/training/recipe/read-recipe";
import { writeTinyFashionMnist } from "../fixtures/tiny-fashion-mnist.ts";
import { fashionMnistFolder } from "./fashion-mnist/data.ts";
import { classifierReport, testLikelihood } from "./fashion-mnist/evaluate.ts";
import { fashionMnistPage } from "./fashion-mnist/page.ts";
import type { EvaluateResult, SampleResult, TrainedStage } from "./fashion-mnist/page.ts";
import { makeSamples } from "./fashion-mnist/samples.ts";
import type { Samples, Sampling } from "./fashion-mnist/samples.ts";
import { classSheet, unconditionalSheet } from "./fashion-mnist/sheets.ts";
import { recipeCommand, root } from "./recipes/command-line.ts";
import { kept } from "./recipes/kept.ts";
import type { RecipeRun, Stage, Stages } from "./recipes/run-stages.ts";
import { readRecords } from "./recipes/stage-records.ts";
import { readStageRecipe } from "./recipes/stage-recipe.ts";
import { trainStage } from "./recipes/train-stage.ts";

/** Where and how the recipe runs. */
export interface FashionMnistRun extends RecipeRun {
  /** Folder of the four files. */
  readonly data: string;
  /** Folder of the page. */
  readonly docs: string;
  /** Pictures to make, of each kind, and test pictures whose likelihood is measured. */
  readonly pictures: number;
  readonly bound: number;
}

type Generator = Exclude<TrainedStage, "classifier">;

/** The kinds of pictures: by which model, and how. */
const kinds: Readonly<
  Record<string, { readonly model: Generator; readonly title: string; readonly sampling: Sampling }>
> = {
  "class, DDIM": { model: "class", title: "DDIM", sampling: { sampler: "ddim", steps: 20, guidanceScale: 1 } },
  "class, DDIM, guidance 2": {
    model: "class",
    title: "guided",
    sampling: { sampler: "ddim", steps: 20, guidanceScale: 2 },
  },
  "class, DDPM": { model: "class", title: "DDPM", sampling: { sampler: "ddpm", steps: 1000, guidanceScale: 1 } },
  "unconditional, DDIM": {
    model: "unconditional",
    title: "DDIM",
    sampling: { sampler: "ddim", steps: 20, guidanceScale: 1 },
  },
  "unconditional, DDPM": {
    model: "unconditional",
    title: "DDPM",
    sampling: { sampler: "ddpm", steps: 1000, guidanceScale: 1 },
  },
};

const outOf = ({ folder }: RecipeRun, stage: TrainedStage): string => join(folder, `runs/fashion-mnist-${stage}`);
const modelOf = (run: RecipeRun, stage: TrainedStage): string => join(outOf(run, stage), "model");
const recipeOf = async (run: FashionMnistRun, stage: TrainedStage): Promise<Recipe> => {
  const recipe = await readStageRecipe("fashion-mnist", stage, run);
  return { ...recipe, data: { ...recipe.data, path: run.data } };
};
const trained =
  (stage: TrainedStage): Stage<FashionMnistRun> =>
  async (run) =>
    trainStage(await recipeOf(run, stage), { ...run, out: outOf(run, stage) });

/** The pictures of every kind, made or read. */
async function samplesOf(run: FashionMnistRun): Promise<Record<string, Samples>> {
  const { timesteps } = ((await recipeOf(run, "class")) as DiffusionRecipe).diffusion;
  const sets: Record<string, Samples> = {};
  for (const [name, { model, sampling }] of Object.entries(kinds)) {
    sets[name] = await makeSamples(run.engine, {
      model: modelOf(run, model),
      // A tiny model has fewer timesteps.
      sampling: { ...sampling, steps: Math.min(sampling.steps, timesteps) },
      count: run.pictures,
      ...(model === "class" && { classes: 10 }),
      into: join(run.folder, "runs/fashion-mnist-samples", name.replaceAll(/\W+/g, "-")),
      signal: run.signal,
      onProgress: (done, total) => run.progress(name, done, total),
    });
  }
  return sets;
}

/** The stages in their order. */
export const stages = {
  async data({ data, tiny }) {
    if (tiny) await writeTinyFashionMnist(data);
    const [train, test] = [await openIdx(data), await openIdx(data, { split: "test" })];
    return { training: train.length, test: test.length, hash: train.hash };
  },
  class: trained("class"),
  unconditional: trained("unconditional"),
  classifier: trained("classifier"),
  async sample(run) {
    const sets = await samplesOf(run);
    return Object.fromEntries(
      Object.entries(sets).map(([name, { sampling, images, seconds }]) => [
        name,
        { model: kinds[name].model, sampling, pictures: images.length, seconds },
      ]),
    ) satisfies SampleResult;
  },
  async evaluate(run) {
    const { data, engine, signal } = run;
    const file = join(run.folder, "runs/fashion-mnist-evaluation.json");
    const generated = await samplesOf(run);
    const report = await classifierReport(engine, {
      classifier: modelOf(run, "classifier"),
      generated,
      data,
      signal,
      onProgress: run.progress,
    });
    const likelihoods: Record<string, EvaluateResult["likelihoods"][string]> = {};
    for (const stage of ["class", "unconditional"] as const) {
      const model = modelOf(run, stage);
      const options = { model, pictures: run.bound, data, signal, onProgress: run.progress };
      // A bound takes minutes.
      const key = `${await (await readTextlessModel(model)).hash()}, ${run.bound} pictures`;
      likelihoods[stage] = await kept(file, key, () => testLikelihood(engine, options));
    }
    return { ...report, likelihoods } satisfies EvaluateResult;
  },
  async page(run) {
    const sets = Object.entries(await samplesOf(run));
    const of = (model: Generator) =>
      Object.fromEntries(
        sets.flatMap(([name, samples]) => (kinds[name].model === model ? [[kinds[name].title, samples]] : [])),
      );
    const assets = join(run.docs, "assets");
    await mkdir(assets, { recursive: true });
    const sheets = {
      "fashion-mnist-class.png": await encodePng(await classSheet(run.data, of("class"))),
      "fashion-mnist-unconditional.png": await encodePng(await unconditionalSheet(run.data, of("unconditional"))),
    };
    for (const [name, bytes] of Object.entries(sheets)) await writeFile(join(assets, name), bytes);
    await writeFile(join(run.docs, "fashion-mnist.md"), fashionMnistPage(await readRecords(run.results)));
    return Object.fromEntries(Object.entries(sheets).map(([name, { length }]) => [name, length]));
  },
} satisfies Stages<FashionMnistRun>;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await recipeCommand({
    name: "fashion-mnist",
    stages: () => stages,
    flags: ["data", "pictures", "bound"],
    complete: async (run, { data, pictures, bound }) => ({
      ...run,
      data: run.tiny ? join(run.folder, "data/fashion-mnist") : await fashionMnistFolder(data),
      docs: run.tiny ? join(run.folder, "docs") : join(root, "docs"),
      pictures: Number(pictures ?? (run.tiny ? 20 : 500)),
      bound: Number(bound ?? (run.tiny ? 2 : 64)),
    }),
  });
}
