// Trains a judge: what real pictures show and in which style, so that it can tell of made ones whether they do.

import type { Description, Example } from "../../data/dataset.ts";
import { readComponentWeights } from "../../checkpoints/component-weights.ts";
import { contactSheet } from "../../image/contact-sheet.ts";
import { judgeConfig, judgeGraph } from "../../models/judge.ts";
import { classNames, pictureClasses } from "../../data/picture-classes.ts";
import { drawPlacements, placed } from "../augment.ts";
import { drawsAt } from "../draws.ts";
import { exampleReader } from "../examples.ts";
import type { ExampleReader } from "../examples.ts";
import { pictureTensor, white } from "../pictures.ts";
import type { Ground } from "../pictures.ts";
import type { JudgeRecipe } from "../recipe/judge.ts";
import { savePart, saveText } from "../../checkpoints/save/model-parts.ts";
import { judgePublished } from "../save/published-configs.ts";
import { judgeProgram } from "./judge-program.ts";
import { portions } from "./portions.ts";
import type { Feeds, Trainer, TrainerSetup } from "./trainer.ts";

/** Opens the trainer of `recipe`. Throws Error when a picture has no class. */
export async function openJudgeTrainer(recipe: JudgeRecipe, setup: TrainerSetup): Promise<Trainer> {
  const { engine, training, validation, folder, notice } = setup;
  const { size, seed, classes: columns } = recipe;
  const reader = exampleReader(training, { fit: recipe.data.fit, notice });
  const validationReader = validation && exampleReader(validation, { fit: recipe.data.fit, notice });
  const shape = { width: size, height: size };
  const names = classNames(descriptions(), columns);
  const published = judgePublished(recipe, names);
  const config = judgeConfig(published);
  const numbers = {
    concept: new Map(names.concepts.map((name, i) => [name, i])),
    style: new Map(names.styles.map((name, i) => [name, i])),
  };

  function* descriptions(): Generator<Description> {
    for (const set of [training, validation])
      for (let index = 0; index < (set?.length ?? 0); index++) yield set!.describe(index);
  }
  function feedsOf(examples: readonly Example[], grounds: readonly Ground[]): Feeds {
    const classes = examples.map((example) => pictureClasses(example, columns));
    const ids = (kind: "concept" | "style") => ({
      dims: [examples.length],
      data: BigInt64Array.from(classes, (one) => BigInt(numbers[kind].get(one[kind])!)),
    });
    const images = examples.map(({ image }) => image);
    return { image: pictureTensor(images, { channels: 3, grounds }), concept: ids("concept"), style: ids("style") };
  }
  const readAll = (from: ExampleReader, indices: readonly number[], epoch: number): Promise<Example[]> =>
    Promise.all(indices.map((index) => from.read(index, epoch, shape)));
  const onWhite = (examples: readonly Example[]): Feeds =>
    feedsOf(
      examples,
      examples.map(() => white),
    );

  return {
    program: judgeProgram(config, recipe),
    batches: { length: training.length, weights: training.weights },
    judgedBy: "classes.loss",

    async feeds({ indices, ...place }) {
      const draws = drawsAt(seed, "batch", place);
      const examples = await readAll(reader, indices, place.epoch);
      const images = examples.map(({ image }) => image);
      const placements = drawPlacements(images, { ...recipe.augment, flip: recipe.data.flip }, draws);
      const grounds = examples.map(() => (recipe.ground === "random" ? randomGround(draws.uniform(4, 0, 255)) : white));
      return feedsOf(
        examples.map((example, i) => ({ ...example, image: placed(example.image, placements[i]) })),
        grounds,
      );
    },

    async *validationFeeds() {
      if (validationReader === undefined) return;
      for (const [start, count] of portions(validation!.length, recipe.batchSize))
        yield onWhite(
          await readAll(
            validationReader,
            Array.from({ length: count }, (_, i) => start + i),
            0,
          ),
        );
    },

    names: async ({ indices, epoch }) =>
      Promise.all(indices.map(async (index) => (await reader.readWhole(index, epoch)).id)),

    async save(weights, card) {
      await savePart(folder.model, { folder: "", weightsName: "model", config: published, tensors: weights });
      await saveText(`${folder.model}/README.md`, card);
    },

    async samples() {
      const count = Math.min(recipe.samples.count, (validation ?? training).length);
      const examples = await readAll(
        validationReader ?? reader,
        Array.from({ length: count }, (_, i) => i),
        0,
      );
      const { tensors } = await readComponentWeights(folder.model);
      const network = await engine.load(judgeGraph(config), tensors, { source: folder.model });
      const { concepts } = await network.run({ image: onWhite(examples).image }).finally(network.unload);
      const pictures = examples.map((example, i) => {
        const scores = concepts.data.subarray(i * config.concepts, (i + 1) * config.concepts);
        const found = names.concepts[scores.indexOf(Math.max(...scores))];
        return {
          image: example.image,
          label: `${found === pictureClasses(example, columns).concept ? "✓" : "✗"} ${found}`,
        };
      });
      return [{ title: "The concept found for each picture", name: "concepts", image: await contactSheet(pictures) }];
    },
  };
}

/** White half of the time, as stickers are mostly seen, and any colour otherwise. */
const randomGround = ([red, green, blue, choice]: Float32Array): Ground =>
  choice < 127.5 ? white : [red, green, blue];
