// Trains CLIP: an image tower and a text tower whose embeddings agree, or a text tower beside an image tower that stays; and where
// there is none a tokenizer for the captions.

import { disk } from "#platform";
import { readTokenizerFiles } from "../../checkpoints/tokenizer-files.ts";
import type { Example } from "../../data/dataset.ts";
import { graphOf } from "../../graph/graph.ts";
import { parameters } from "../../graph/params.ts";
import { clipTextConfig } from "../../models/clip-text.ts";
import { clipVisionConfig } from "../../models/clip-vision.ts";
import { readComponentWeights } from "../../checkpoints/component-weights.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { TokenizerFiles } from "../../tokenizers/open.ts";
import { openTokenizer } from "../../tokenizers/open.ts";
import { trainTokenizer } from "../../tokenizers/train-bpe.ts";
import { contactSheet } from "../../image/contact-sheet.ts";
import { drawsAt } from "../draws.ts";
import { exampleReader } from "../examples.ts";
import type { ExampleReader } from "../examples.ts";
import { normal } from "../initialize.ts";
import { initialLogScale, maxLogScale } from "../losses/contrastive.ts";
import type { ClipRecipe } from "../recipe/clip.ts";
import type { RunFolder } from "../run-folder.ts";
import { saveJson, savePart, saveText } from "../../checkpoints/save/model-parts.ts";
import { clipPublished } from "../save/published-configs.ts";
import { saveTokenizer } from "../../checkpoints/save/tokenizer-folder.ts";
import { begunText } from "./begun-text.ts";
import { clipProgram, pairs } from "./clip-program.ts";
import { openDrafts } from "./drafts.ts";
import { learntTower, lockedTower } from "./image-tower.ts";
import { portions } from "./portions.ts";
import { paddedIds } from "./text-encoder.ts";
import type { Feeds, Trainer, TrainerSetup } from "./trainer.ts";

/** Opens the trainer of `recipe`. Throws Error when a picture has no caption, or what it builds on has other sizes. */
export async function openClipTrainer(recipe: ClipRecipe, setup: TrainerSetup): Promise<Trainer> {
  const { engine, training, validation, folder, notice } = setup;
  const { size, seed } = recipe;
  const reader = exampleReader(training, { fit: recipe.data.fit, notice });
  const tokenizerFiles = await tokenizerOf(recipe, { folder, reader, length: training.length });
  const tokenizer = await openTokenizer(tokenizerFiles);
  const published = clipPublished(recipe, { ...tokenizer, vocabulary: tokenizer.vocabularySize });
  const text = clipTextConfig(published, { withProjection: true });
  const image =
    recipe.locked === undefined
      ? learntTower(clipVisionConfig(published), { recipe, reader })
      : await lockedTower({ recipe, reader }, setup);
  const towers = { text, image };
  const drafts = recipe.drafts && (await openDrafts({ ...recipe, drafts: recipe.drafts }, setup));
  const begun =
    recipe.finetune === undefined
      ? new Map<string, Tensor>()
      : await begunText(recipe.finetune.path, {
          config: text,
          published,
          draftFeatures: drafts?.features ?? 0,
          draws: drawsAt(seed, "weights", { epoch: 0, batch: 0 }),
        });
  const validationReader = validation && exampleReader(validation, { fit: recipe.data.fit, notice });
  const feedsOf = (seen: Tensor, captions: readonly string[], latents?: Tensor): Feeds => ({
    [image.input]: seen,
    ids: paddedIds(captions, tokenizer, text.positions),
    ...(latents && { latents }),
  });

  return {
    program: clipProgram(towers, drafts),
    initial: new Map([["logit_scale", tensor([], Float32Array.of(initialLogScale))], ...image.learnt(begun)]),
    // As CLIP was (its code's initialize_parameters): states begin small beside what the layers add.
    rules: [
      { matches: (name) => name.endsWith("token_embedding.weight"), draw: normal(0.02) },
      { matches: (name) => name.endsWith("position_embedding.weight"), draw: normal(0.01) },
    ],
    batches: { length: training.length, weights: training.weights },
    judgedBy: "clip.loss",

    async feeds(batch) {
      const draws = drawsAt(seed, "batch", batch);
      const { seen, examples } = await image.learn(batch, draws);
      return feedsOf(seen, examples.map(captionOf), await drafts?.learn(batch, draws));
    },

    async *validationFeeds() {
      if (validationReader === undefined) return;
      for (const [start, count] of portions(validation!.length, recipe.batchSize)) {
        // A single pair has nothing to be told from.
        if (count === 1) continue;
        const examples = await firstOf(validationReader, count, start);
        const draws = drawsAt(seed, "validation", { epoch: 0, batch: start });
        const seen = await image.see(examples, draws);
        yield feedsOf(seen, examples.map(captionOf), await drafts?.see(examples, draws));
      }
    },

    names: async ({ indices, epoch }) =>
      Promise.all(indices.map(async (index) => (await reader.readWhole(index, epoch)).id)),

    async save(weights, card) {
      const scale = weights.get("logit_scale")!;
      const limited = tensor(
        scale.dims,
        scale.data.map((value) => Math.min(value, maxLogScale)),
      );
      await savePart(folder.model, {
        folder: "",
        weightsName: "model",
        config: published,
        tensors: image.saved(new Map([...weights, ["logit_scale", limited]])),
      });
      await saveTokenizer(folder.model, tokenizerFiles);
      if (recipe.locked === undefined) await saveJson(`${folder.model}/preprocessor_config.json`, preprocessing(size));
      await saveText(`${folder.model}/README.md`, card);
    },

    async samples() {
      const count = Math.min(recipe.samples.count, (validation ?? training).length);
      const examples = await firstOf(validationReader ?? reader, count);
      const captions = examples.map(captionOf);
      const { tensors } = await readComponentWeights(folder.model);
      const { logits: seen, drafts: said } = pairs(parameters(), towers, drafts);
      const graph = graphOf("clip", { logits: seen, ...(said && { drafts: said }) });
      const network = await engine.load(graph, tensors, { source: folder.model });
      const outputs = await network.run(feedsOf(await image.show(examples), captions)).finally(network.unload);
      const { logits } = outputs;
      const pictures = examples.map(({ image }, i) => {
        const row = logits.data.subarray(i * count, (i + 1) * count);
        const found = row.indexOf(Math.max(...row));
        return { image, label: `${found === i ? "✓" : "✗"} ${captions[found]}` };
      });
      const found = { title: "The text found for each picture", name: "texts", image: await contactSheet(pictures) };
      if (drafts === undefined) return [found];
      const drawn = await drafts.pictures(outputs.drafts);
      const labelled = drawn.map((image, i) => ({ image, label: captions[i] }));
      return [found, { title: "What each text says alone", name: "drafts", image: await contactSheet(labelled) }];
    },
  };
}

/** `count` examples from `start` on. */
const firstOf = (reader: ExampleReader, count: number, start = 0): Promise<Example[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => reader.readWhole(start + i, 0)));

function captionOf({ id, caption }: Example): string {
  if (caption === undefined)
    throw new Error(`Cannot train on "${id}": it has no caption (metadata.jsonl or .txt files are wanted)`);
  return caption;
}

/** The tokenizer that the recipe names, or one learnt from the captions; a resumed run keeps the one it began with. */
async function tokenizerOf(
  { tokenizer, text }: ClipRecipe,
  { folder: { cache }, reader, length }: { folder: RunFolder; reader: ExampleReader; length: number },
): Promise<TokenizerFiles> {
  if (tokenizer.path !== undefined) return readTokenizerFiles(tokenizer.path);
  const kept = `${cache}/tokenizer`;
  if ((await disk!.entry(`${kept}/special_tokens_map.json`)) === undefined) {
    const captions: string[] = [];
    for (let epoch = 0; epoch < tokenizer.draws; epoch++)
      for (let index = 0; index < length; index++) captions.push(captionOf(await reader.readWhole(index, epoch)));
    const files = trainTokenizer(captions, { size: tokenizer.vocabulary, positions: text.tokens });
    await disk!.makeFolder(kept);
    // The last one written says that all are there.
    for (const [name, content] of Object.entries(files)) await saveText(`${kept}/${name}`, content);
  }
  return readTokenizerFiles(kept);
}

/** What transformers' CLIPImageProcessor does to a picture for this model: to [-1,1]. */
const preprocessing = (size: number) => ({
  image_processor_type: "CLIPImageProcessor",
  do_resize: true,
  size: { shortest_edge: size },
  resample: 3,
  do_center_crop: true,
  crop_size: { height: size, width: size },
  do_rescale: true,
  rescale_factor: 1 / 255,
  do_normalize: true,
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.5, 0.5, 0.5],
  do_convert_rgb: true,
});
