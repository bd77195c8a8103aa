// Trains CLIP: an image tower and a text tower whose embeddings agree, and where there is none a tokenizer for the captions.

import { disk } from "#platform";
import { readTokenizerFiles } from "../../checkpoints/tokenizer-files.ts";
import type { Example } from "../../data/dataset.ts";
import { clipConfig, clipGraph } from "../../models/clip.ts";
import { readComponentWeights } from "../../checkpoints/component-weights.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { ClipTokenizer } from "../../tokenizers/clip.ts";
import type { TokenizerFiles } from "../../tokenizers/open.ts";
import { openTokenizer } from "../../tokenizers/open.ts";
import { trainTokenizer } from "../../tokenizers/train-bpe.ts";
import type { TorchGenerator } from "../../util/rng/torch-generator.ts";
import { contactSheet } from "../../image/contact-sheet.ts";
import { drawsAt } from "../draws.ts";
import { exampleReader } from "../examples.ts";
import type { ExampleReader } from "../examples.ts";
import { normal } from "../initialize.ts";
import { initialLogScale, maxLogScale } from "../losses/contrastive.ts";
import { mirrored, pictureTensor, white } from "../pictures.ts";
import type { Ground } from "../pictures.ts";
import type { ClipRecipe } from "../recipe/clip.ts";
import type { RunFolder } from "../run-folder.ts";
import { saveJson, savePart, saveText } from "../../checkpoints/save/model-parts.ts";
import { clipPublished } from "../save/published-configs.ts";
import { saveTokenizer } from "../../checkpoints/save/tokenizer-folder.ts";
import { clipProgram } from "./clip-program.ts";
import { portions } from "./portions.ts";
import { paddedIds } from "./text-encoder.ts";
import type { Feeds, Trainer, TrainerSetup } from "./trainer.ts";

/** Opens the trainer of `recipe`. Throws Error when a picture has no caption. */
export async function openClipTrainer(recipe: ClipRecipe, setup: TrainerSetup): Promise<Trainer> {
  const { engine, training, validation, folder, notice } = setup;
  const { size, text, seed } = recipe;
  const reader = exampleReader(training, { fit: recipe.data.fit, notice });
  const tokenizerFiles = await tokenizerOf(recipe, { folder, reader, length: training.length });
  const tokenizer = await openTokenizer(tokenizerFiles);
  const published = clipPublished(recipe, { ...tokenizer, vocabulary: tokenizer.vocabularySize });
  const config = clipConfig(published);
  const shape = { width: size, height: size };
  const validationReader = validation && exampleReader(validation, { fit: recipe.data.fit, notice });

  function feedsFor(examples: readonly Example[], draws: TorchGenerator, flips?: Uint8Array): Feeds {
    const grounds = examples.map(() => (recipe.ground === "random" ? randomGround(draws) : white));
    const pictures = examples.map(({ image }, i) => (flips?.[i] ? mirrored(image) : image));
    return {
      pixels: pictureTensor(pictures, { channels: 3, grounds }),
      ids: idsOf(examples.map(captionOf), tokenizer, text.tokens),
    };
  }

  return {
    program: clipProgram(config),
    initial: new Map([["logit_scale", tensor([], Float32Array.of(initialLogScale))]]),
    // As CLIP was (its code's initialize_parameters): states begin small beside what the layers add.
    rules: [
      { matches: (name) => name.endsWith("token_embedding.weight"), draw: normal(0.02) },
      { matches: (name) => name.endsWith("position_embedding.weight"), draw: normal(0.01) },
    ],
    batches: { length: training.length, weights: training.weights },
    judgedBy: "contrast.loss",

    async feeds({ indices, ...place }) {
      const draws = drawsAt(seed, "batch", place);
      const flips = recipe.data.flip ? draws.bernoulli(indices.length, 0.5) : undefined;
      const examples = await Promise.all(indices.map((index) => reader.read(index, place.epoch, shape)));
      return feedsFor(examples, draws, flips);
    },

    async *validationFeeds() {
      if (validationReader === undefined) return;
      for (const [start, count] of portions(validation!.length, recipe.batchSize)) {
        // A single pair has nothing to be told from.
        if (count === 1) continue;
        const examples = await Promise.all(
          Array.from({ length: count }, (_, i) => validationReader.read(start + i, 0, shape)),
        );
        yield feedsFor(examples, drawsAt(seed, "validation", { epoch: 0, batch: start }));
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
        tensors: new Map<string, Tensor>([...weights, ["logit_scale", limited]]),
      });
      await saveTokenizer(folder.model, tokenizerFiles);
      await saveJson(`${folder.model}/preprocessor_config.json`, preprocessing(size));
      await saveText(`${folder.model}/README.md`, card);
    },

    async samples() {
      const shown = validationReader ?? reader;
      const count = Math.min(recipe.samples.count, (validation ?? training).length);
      const examples = await Promise.all(Array.from({ length: count }, (_, i) => shown.read(i, 0, shape)));
      const captions = examples.map(captionOf);
      const { tensors } = await readComponentWeights(folder.model);
      const network = await engine.load(clipGraph(config), tensors, { source: folder.model });
      const { logits } = await network
        .run({
          pixels: pictureTensor(
            examples.map(({ image }) => image),
            { channels: 3 },
          ),
          ids: idsOf(captions, tokenizer, text.tokens),
        })
        .finally(network.unload);
      const pictures = examples.map(({ image }, i) => {
        const row = logits.data.subarray(i * count, (i + 1) * count);
        const found = row.indexOf(Math.max(...row));
        return { image, label: `${found === i ? "✓" : "✗"} ${captions[found]}` };
      });
      return [{ title: "The text found for each picture", name: "texts", image: await contactSheet(pictures) }];
    },
  };
}

const randomGround = (draws: TorchGenerator): Ground => {
  const [red, green, blue] = draws.uniform(3, 0, 255);
  return [red, green, blue];
};

function captionOf({ id, caption }: Example): string {
  if (caption === undefined)
    throw new Error(`Cannot train on "${id}": it has no caption (metadata.jsonl or .txt files are wanted)`);
  return caption;
}

function idsOf(captions: readonly string[], tokenizer: ClipTokenizer, length: number) {
  const data = BigInt64Array.from(captions.flatMap((caption) => paddedIds(caption, tokenizer, length)));
  return { dims: [captions.length, length], data };
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
