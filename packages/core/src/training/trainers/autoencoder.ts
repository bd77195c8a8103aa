// Trains an autoencoder, with KL- or VQ-regularized latents, and measures the scale of its latents for what learns them.

import { autoencoderKlConfig } from "../../models/autoencoder-kl.ts";
import { vqAutoencoderConfig } from "../../models/vq-autoencoder.ts";
import { readTensors } from "../../safetensors/read-tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { TorchGenerator } from "../../util/rng/torch-generator.ts";
import { drawsAt } from "../draws.ts";
import { exampleReader } from "../examples.ts";
import type { ExampleReader } from "../examples.ts";
import { linearAtFirst, uniform } from "../initialize.ts";
import type { InitializationRule } from "../initialize.ts";
import { mirrored, pictureGrid, picturesFromTensor, pictureTensor } from "../pictures.ts";
import type { AutoencoderRecipe } from "../recipe/autoencoder.ts";
import { savePart, saveText, tensorsBelow } from "../../checkpoints/save/model-parts.ts";
import { autoencoderPublished } from "../save/published-configs.ts";
import { decodeAll, openEncoder, readAutoencoder } from "./autoencoder-files.ts";
import type { AutoencoderConfig } from "./autoencoder-program.ts";
import { autoencoderProgram } from "./autoencoder-program.ts";
import { begunAutoencoder } from "./begun-autoencoder.ts";
import { revivedCodes } from "./code-revival.ts";
import { drawLatents } from "./latents.ts";
import { readPerceptual } from "./perceptual.ts";
import { portions } from "./portions.ts";
import type { Feeds, Trainer, TrainerSetup } from "./trainer.ts";

/** Latents begin with little noise (σ = e⁻²), which would hide what is to be learnt. The second half of these biases is log σ². */
const narrowPosterior: InitializationRule = {
  matches: (name) => /(^|\.)quant_conv\.bias$/.test(name),
  draw: (_, count) => new Float32Array(count).fill(-4, count / 2),
};
/** Pictures whose latents are measured. */
const measuredPictures = 512;
const codebookName = "autoencoder.quantize.embedding.weight";
const usageName = "codes.usage";

/**
 * Noise for decoders that are to forgive errors: σ·n for each example, σ ~ |N(0,τ²)| (noise-augmented decoding, arXiv 2510.11690), so that most latents
 * are nearly right. A sign that a deviation has is lost in the noise.
 */
const ofDeviations = (noise: Tensor, deviations: Float32Array, tau: number): Tensor => {
  const each = noise.data.length / deviations.length;
  return tensor(
    noise.dims,
    noise.data.map((n, i) => tau * deviations[Math.floor(i / each)] * n),
  );
};

/** Opens the trainer of `recipe`. Throws Error when the network it compares features with cannot be read. */
export async function openAutoencoderTrainer(recipe: AutoencoderRecipe, setup: TrainerSetup): Promise<Trainer> {
  const { engine, training, validation, folder, notice } = setup;
  const { size, channels, regularization, adversarial, seed } = recipe;
  const perceptual = recipe.perceptual && (await readPerceptual(recipe.perceptual, size));
  const published = autoencoderPublished(recipe);
  const begun = recipe.finetune && (await begunAutoencoder(recipe.finetune, published));
  const latentNoise = recipe.finetune?.latentNoise && recipe.finetune.latentNoise / begun!.scaling!;
  const autoencoder: AutoencoderConfig =
    regularization.kind === "kl"
      ? { kind: "kl", config: autoencoderKlConfig(published) }
      : { kind: "vq", config: vqAutoencoderConfig(published) };
  const shape = { width: size, height: size };
  const latentDims = [
    recipe.autoencoder.latentChannels,
    size / autoencoder.config.factor,
    size / autoencoder.config.factor,
  ];
  const reader = exampleReader(training, { fit: recipe.data.fit, notice });
  const validationReader = validation && exampleReader(validation, { fit: recipe.data.fit, notice });

  const picturesAt = async (from: ExampleReader, indices: readonly number[], epoch: number, flips?: Uint8Array) => {
    const examples = await Promise.all(indices.map((index) => from.read(index, epoch, shape)));
    return examples.map(({ image }, i) => (flips?.[i] ? mirrored(image) : image));
  };
  const tensorAt = async (from: ExampleReader, start: number, count: number) =>
    pictureTensor(
      await picturesAt(
        from,
        Array.from({ length: count }, (_, i) => start + i),
        0,
      ),
      { channels },
    );

  function feedsFor(image: Tensor, step: number, draws: TorchGenerator): Feeds {
    const [count] = image.dims;
    const noiseDims = [count, ...latentDims];
    const normal = () => tensor(noiseDims, draws.randn(noiseDims.reduce((a, b) => a * b)));
    return {
      image,
      ...(regularization.kind === "kl" && { posteriorNoise: normal() }),
      // One colour behind each transparent picture.
      ...(channels === 4 && { ground: tensor([count, 3, 1, 1], draws.uniform(3 * count, -1, 1)) }),
      ...(adversarial && { adversarialFactor: tensor([], Float32Array.of(step >= adversarial.start ? 1 : 0)) }),
      ...(latentNoise && { latentNoise: ofDeviations(normal(), draws.randn(count), latentNoise) }),
    };
  }

  return {
    program: autoencoderProgram(recipe, { autoencoder, distance: perceptual?.distance }),
    frozen: {
      tensors: new Map([
        ...(begun?.frozen ?? []),
        ...[...(perceptual?.tensors ?? [])].map(([name, stored]) => [`perceptual.${name}`, stored] as const),
      ]),
      source: [begun?.source, perceptual?.source].filter((source) => source !== undefined).join(", "),
    },
    initial: new Map<string, Tensor>([
      ...(begun?.initial ?? []),
      ...(recipe.logVariance.learn
        ? [["loss.logvar", tensor([1], Float32Array.of(recipe.logVariance.initial))] as const]
        : []),
      // Every code counts as used until it has had the time to be.
      ...(regularization.kind === "vq"
        ? [[usageName, tensor([regularization.codes], new Float32Array(regularization.codes).fill(1))] as const]
        : []),
    ]),
    // As VQGAN's codebook is.
    rules: [
      ...linearAtFirst,
      ...(regularization.kind === "kl" ? [narrowPosterior] : []),
      ...(regularization.kind === "vq"
        ? [{ matches: (name: string) => name === codebookName, draw: uniform(1 / regularization.codes) }]
        : []),
    ],
    batches: { length: training.length, weights: training.weights },
    judgedBy: "reconstruction",

    async feeds({ indices, ...place }, step) {
      const draws = drawsAt(seed, "batch", place);
      const flips = recipe.data.flip ? draws.bernoulli(indices.length, 0.5) : undefined;
      const pictures = await picturesAt(reader, indices, place.epoch, flips);
      return feedsFor(pictureTensor(pictures, { channels }), step, draws);
    },

    async *validationFeeds(step) {
      if (validationReader === undefined) return;
      for (const [start, count] of portions(validation!.length, recipe.batchSize)) {
        const image = await tensorAt(validationReader, start, count);
        yield feedsFor(image, step, drawsAt(seed, "validation", { epoch: 0, batch: start }));
      }
    },

    names: async ({ indices, epoch }) =>
      Promise.all(indices.map(async (index) => (await reader.readWhole(index, epoch)).id)),

    async afterStep(session, { step, batch, outputs }) {
      if (regularization.kind !== "vq" || regularization.revive === undefined) return;
      const { every, below } = regularization.revive;
      if (step % every !== 0) return;
      const weights = await session.weights();
      const { codebook, usage, revived } = revivedCodes({
        codebook: weights.get(codebookName)!,
        usage: weights.get(usageName)!,
        latents: outputs.latents,
        below,
        draws: drawsAt(seed, "revival", batch),
      });
      if (revived === 0) return;
      await session.write(
        new Map([
          [codebookName, codebook],
          [usageName, usage],
        ]),
      );
      notice(`${revived} of ${regularization.codes} codes were dead and are moved to latents of the batch`);
    },

    async save(weights, card) {
      const stayed = await readTensors(begun?.frozen ?? []);
      const tensors = tensorsBelow(new Map([...stayed, ...weights]), "autoencoder.");
      const part = { folder: "", weightsName: "diffusion_pytorch_model", tensors } as const;
      // Measured on the network as it is saved; the scale does not change how it codes.
      await savePart(folder.model, { ...part, config: published });
      const scaling = begun?.scaling ?? 1 / (await latentDeviation());
      await savePart(folder.model, { ...part, config: autoencoderPublished(recipe, scaling) });
      await saveText(`${folder.model}/README.md`, card);
    },

    async samples() {
      const shown = validationReader ?? reader;
      const count = Math.min(recipe.samples.count, (validation ?? training).length);
      const image = await tensorAt(shown, 0, count);
      const files = await readAutoencoder(folder.model);
      const encoder = await openEncoder(engine, files);
      const { mean } = await encoder.encode(image).finally(encoder.close);
      const copies = await decodeAll(engine, files, mean);
      return [
        {
          title: "Pictures above, their copies below",
          name: "reconstructions",
          image: pictureGrid([...picturesFromTensor(image), ...picturesFromTensor(copies)], count),
        },
      ];
    },
  };

  /** The standard deviation of latents of some training pictures, drawn as diffusion draws them. */
  async function latentDeviation(): Promise<number> {
    const files = await readAutoencoder(folder.model);
    const encoder = await openEncoder(engine, files);
    let [count, sum, squares] = [0, 0, 0];
    try {
      for (const [start, length] of portions(Math.min(measuredPictures, training.length), recipe.batchSize)) {
        const moments = await encoder.encode(await tensorAt(reader, start, length));
        const draws = drawsAt(seed, "validation", { epoch: 2, batch: start });
        for (const z of drawLatents(moments, { scaling: 1, shift: 0 }, draws).data) {
          count++;
          sum += z;
          squares += z * z;
        }
      }
    } finally {
      await encoder.close();
    }
    const deviation = Math.sqrt(squares / count - (sum / count) ** 2);
    if (deviation > 0) return deviation;
    throw new Error(`Cannot scale latents: their standard deviation is ${deviation} (pictures that differ are wanted)`);
  }
}
