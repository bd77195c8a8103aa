// What a text tower learns to agree with: CLIP's own image tower, learnt beside it, or one that somebody else trained and that stays
// as it is, so that a step is the text tower's alone (locked-image tuning, arXiv 2111.07991).

import type { Example } from "../../data/dataset.ts";
import { symbol } from "../../graph/dim.ts";
import type { Params } from "../../graph/params.ts";
import { input } from "../../graph/ops/source.ts";
import type { Value } from "../../graph/value.ts";
import { overGround } from "../../image/over-ground.ts";
import { clipVision } from "../../models/clip-vision.ts";
import type { ClipVisionConfig } from "../../models/clip-vision.ts";
import { linear } from "../../nn/layers.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { TorchGenerator } from "../../util/rng/torch-generator.ts";
import type { Batch } from "../batches.ts";
import type { ExampleReader } from "../examples.ts";
import { lockedNetwork, lockedProjection } from "../locked-networks.ts";
import { fittedPicture, mirrored, pictureTensor, white } from "../pictures.ts";
import type { Ground } from "../pictures.ts";
import type { ClipRecipe } from "../recipe/clip.ts";
import { openExampleCache, pictureEntries } from "./example-cache.ts";
import type { TrainerSetup } from "./trainer.ts";

/** Pictures to embeddings. */
export interface ImageTower {
  /** Embeddings [N,P] of the graph's input of pictures. */
  embed(p: Params): Value;
  /** That input's name. */
  readonly input: string;
  /** The input for a batch to learn from, with the batch's examples. */
  learn(batch: Batch, draws: TorchGenerator): Promise<{ readonly seen: Tensor; readonly examples: readonly Example[] }>;
  /** The input for other examples. */
  see(examples: readonly Example[], draws: TorchGenerator): Promise<Tensor>;
  /** The same for a model that is saved, on white. */
  show(examples: readonly Example[]): Promise<Tensor>;
  /** The weights as they are saved. */
  saved(weights: ReadonlyMap<string, Tensor>): Map<string, Tensor>;
  /** Saved weights as they are learnt. */
  learnt(saved: ReadonlyMap<string, Tensor>): Map<string, Tensor>;
}

/** What both kinds read. */
interface Source {
  readonly recipe: ClipRecipe;
  readonly reader: ExampleReader;
}

/** CLIP's own, which sees `pixels` [N,3,S,S] in [-1,1]. */
export function learntTower(config: ClipVisionConfig, { recipe, reader }: Source): ImageTower {
  const { size, data, ground = "random" } = recipe;
  const shape = { width: size, height: size };
  const pixels = (examples: readonly Example[], grounds?: readonly Ground[]): Tensor =>
    pictureTensor(
      examples.map(({ image }) => fittedPicture(image, shape, data.fit)),
      { channels: 3, grounds },
    );
  const see = (examples: readonly Example[], draws: TorchGenerator): Tensor =>
    pixels(
      examples,
      examples.map(() => (ground === "random" ? randomGround(draws) : white)),
    );
  return {
    input: "pixels",
    embed: (p) =>
      clipVision(p, input("pixels", [symbol("batch"), config.imageChannels, size, size]), config).imageEmbeds,
    async learn({ indices, epoch }, draws) {
      const flips = data.flip ? draws.bernoulli(indices.length, 0.5) : undefined;
      const read = await Promise.all(indices.map((index) => reader.read(index, epoch, shape)));
      const examples = read.map((example, i) =>
        flips?.[i] ? { ...example, image: mirrored(example.image) } : example,
      );
      return { seen: see(examples, draws), examples };
    },
    see: async (examples, draws) => see(examples, draws),
    show: async (examples) => pixels(examples),
    saved: (weights) => new Map(weights),
    learnt: (saved) => new Map(saved),
  };
}

const randomGround = (draws: TorchGenerator): Ground => {
  const [red, green, blue] = draws.uniform(3, 0, 255);
  return [red, green, blue];
};

/**
 * A network that stays: its `features` [N,D] of every picture are computed once. What is learnt is one projection of them, brought to
 * mean 0 and deviation 1 over the pictures to learn from; the saved one takes them as they are.
 */
export async function lockedTower(
  { recipe, reader }: Source,
  { engine, training, folder, notice, signal }: TrainerSetup,
): Promise<ImageTower> {
  const { network: kind, path } = recipe.locked!;
  const locked = await lockedNetwork({ ...recipe.locked!, size: recipe.size });
  const network = await engine.load(locked.graph, locked.tensors, { source: path });
  const features = async (examples: readonly Example[]): Promise<Tensor> => {
    const feeds = { [locked.input]: locked.prepare(examples.map(({ image }) => overGround(image))) };
    return (await network.run(feeds, { outputs: [locked.features], signal }))[locked.features];
  };
  const { count, entryOf, placeOf } = pictureEntries(training);
  const cache = await openExampleCache({
    path: `${folder.cache}/features.safetensors`,
    key: JSON.stringify([training.hash, training.length, kind, path, recipe.size]),
    length: count,
    dimsOf: () => [locked.width],
    encode: async (entries) => ({
      features: await features(
        await Promise.all(
          entries.map((entry) => {
            const { index, epoch } = placeOf(entry);
            return reader.readWhole(index, epoch);
          }),
        ),
      ),
    }),
    batchSize: 16,
    onProgress: (done, of) => done === of && notice(`features of ${of} pictures are computed`),
    signal,
  });
  const { mean, deviation } = columnMoments(cache.take(Array.from({ length: count }, (_, i) => i)).features);
  const standard = ({ dims, data }: Tensor): Tensor =>
    tensor(
      dims,
      data.map((value, i) => (value - mean[i % locked.width]) / deviation[i % locked.width]),
    );

  return {
    input: "features",
    embed: (p) =>
      linear(p.at(lockedProjection), input("features", [symbol("batch"), locked.width]), {
        features: recipe.projection,
      }),
    async learn({ indices, epoch }) {
      const entries = indices.map((index) => entryOf(index, epoch));
      const examples = await Promise.all(indices.map((index) => reader.readWhole(index, epoch)));
      return { seen: standard(cache.take(entries).features), examples };
    },
    see: async (examples) => standard(await features(examples)),
    show: features,
    // W·(x − μ)/σ + b = (W/σ)·x + (b − (W/σ)·μ)
    saved: (weights) =>
      reprojected(weights, { scale: (w, i) => w / deviation[i], shift: (w, i) => (-w * mean[i]) / deviation[i] }),
    learnt: (saved) => reprojected(saved, { scale: (w, i) => w * deviation[i], shift: (w, i) => w * mean[i] }),
  };
}

/** `weights` with every number w of column i of the projection made `scale(w, i)`, and `shift(w, i)` of a row added to its bias. */
function reprojected(
  weights: ReadonlyMap<string, Tensor>,
  { scale, shift }: Record<"scale" | "shift", (w: number, column: number) => number>,
): Map<string, Tensor> {
  const [weight, bias] = ["weight", "bias"].map((leaf) => weights.get(`${lockedProjection}.${leaf}`));
  if (weight === undefined || bias === undefined) return new Map(weights);
  const [, width] = weight.dims;
  const moved = bias.data.slice();
  weight.data.forEach((w, i) => (moved[Math.floor(i / width)] += shift(w, i % width)));
  return new Map([
    ...weights,
    [
      `${lockedProjection}.weight`,
      tensor(
        weight.dims,
        weight.data.map((w, i) => scale(w, i % width)),
      ),
    ],
    [`${lockedProjection}.bias`, tensor(bias.dims, moved)],
  ]);
}

/** Mean and standard deviation of each column of [N,D]; columns of one value count as deviating by 1. */
function columnMoments({ dims: [rows, width], data }: Tensor): Record<"mean" | "deviation", Float64Array> {
  const mean = new Float64Array(width);
  const deviation = new Float64Array(width);
  data.forEach((value, i) => (mean[i % width] += value / rows));
  data.forEach((value, i) => (deviation[i % width] += (value - mean[i % width]) ** 2 / rows));
  return { mean, deviation: deviation.map((variance) => Math.sqrt(variance) || 1) };
}
