// Text to image, from checked options to finished pictures: encode the prompts, draw noise, denoise, decode.

import type { Checkpoint } from "../checkpoints/checkpoint.ts";
import type { Image } from "../image/image.ts";
import { imagesFromTensor } from "../image/pixels.ts";
import { version } from "../util/version.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import { sizeConditioning } from "./conditioning.ts";
import type { TextEncoders, TextStates } from "./conditioning.ts";
import { decodeLatents } from "./decode-latents.ts";
import type { GenerateEvent } from "./events.ts";
import { guidedNetwork } from "./guided-network.ts";
import type { Condition } from "./guided-network.ts";
import { initialLatents } from "./initial-latents.ts";
import { fitsBatched, tilesFor } from "./memory-limits.ts";
import type { Networks } from "./networks.ts";
import { explainNonFinite } from "./non-finite.ts";
import { pictureNoise } from "./noise.ts";
import type { ResolvedOptions } from "./options.ts";
import { planSampling } from "./sampling.ts";

/** A model's opened parts. */
export interface Parts {
  readonly checkpoint: Checkpoint;
  readonly networks: Networks;
  readonly encoders: TextEncoders;
}

/** What one generation is given beside its options. */
export interface Run {
  readonly init: Image | Tensor | undefined;
  readonly previewEvery: number;
  readonly pictures: readonly number[] | undefined;
  readonly emit: (event: GenerateEvent) => void;
  readonly signal: AbortSignal;
}

/** Makes every picture that `options` ask for, one after the other, telling `emit`. */
export async function generate(
  { checkpoint, networks, encoders }: Parts,
  asked: ResolvedOptions,
  run: Run,
): Promise<void> {
  const { emit, signal } = run;
  const { configs } = networks;
  const options = { ...asked, ...modelDefaults(checkpoint, networks, asked, run.init) };
  const prompts = typeof options.prompt === "string" ? [options.prompt] : options.prompt;
  const total = prompts.length * options.count;
  const chosen = run.pictures ?? Array.from({ length: total }, (_, i) => i);
  const outside = chosen.find((picture) => !(picture >= 0 && picture < total));
  if (outside !== undefined) throw new RangeError(`Cannot generate: picture ${outside} is not one of ${total}`);
  const latentDims = [
    1,
    configs.vae.latentChannels,
    options.height / configs.vae.factor,
    options.width / configs.vae.factor,
  ];
  if (!latentDims.every(Number.isInteger)) {
    throw new RangeError(
      `Cannot generate: ${options.width}×${options.height} (width and height that divide by ${configs.vae.factor} are wanted)`,
    );
  }

  for (const text of networks.notices) emit({ kind: "notice", text });
  const notice = (text: string) => emit({ kind: "notice", text });
  const sampling = planSampling(checkpoint, options, { fromPicture: run.init !== undefined && !("dims" in run.init) });
  for (const warning of sampling.plan.warnings) notice(warning);
  emit({ kind: "start", pictures: chosen.length, steps: sampling.steps, device: networks.device });

  const conditions = await encodeConditions({ checkpoint, networks, encoders }, options, {
    prompts,
    needsNegative: sampling.needsNegative,
    notice,
    signal,
  });
  const extraChannels = await inpaintEverything(networks, latentDims, signal);
  const unet = await networks.get("unet", signal);
  const batched =
    options.guidanceBatching === "auto" ? fitsBatched(networks, latentDims) : options.guidanceBatching === "batched";
  const hash = checkpoint.hash();
  hash.catch(() => undefined);

  let stepsDone = 0;
  let spentMs = 0;
  for (const picture of chosen) {
    signal.throwIfAborted();
    const { prompt, negativePrompt, positive, negative } = conditions[Math.floor(picture / options.count)];
    const batch = options.seeding === "batch" ? { index: picture, size: total } : undefined;
    const seed = batch === undefined ? options.seed + picture : options.seed;
    const draw = pictureNoise({ seed, rng: options.rng, batch });
    const noise = () => draw(latentDims);
    const network = guidedNetwork(unet, configs.unet, latentDims, {
      positive,
      negative,
      guidanceScale: options.guidanceScale,
      guidanceRescale: options.guidanceRescale,
      batched,
      extraChannels,
      signal,
    });
    const start = await initialLatents(run.init, { networks, latentDims, noise: draw, signal });
    let stepStart = performance.now();
    let latents: Float32Array;
    try {
      latents = await sampling.sample(network, {
        start,
        noise,
        signal,
        async onStep({ step, steps, sigma, denoised }) {
          const now = performance.now();
          const stepMs = now - stepStart;
          stepsDone++;
          spentMs += stepMs;
          const remainingMs = (spentMs / stepsDone) * (chosen.length * steps - stepsDone);
          const shown =
            run.previewEvery > 0 && (step + 1) % run.previewEvery === 0
              ? await previewOf(tensor(latentDims, denoised))
              : undefined;
          emit({
            kind: "step",
            picture,
            step: step + 1,
            steps,
            sigma,
            stepMs,
            remainingMs,
            ...(shown && { preview: shown }),
          });
          stepStart = performance.now();
        },
      });
    } catch (error) {
      throw await explainNonFinite(error, checkpoint);
    }

    const finished = tensor(latentDims, latents);
    const image = options.denoisingEnd === undefined ? await decode(finished) : undefined;
    emit({
      kind: "image",
      picture,
      seed,
      ...(image && { image }),
      latents: finished,
      record: {
        version,
        model: { name: modelName(checkpoint.path), path: checkpoint.path, hash: await hash, family: checkpoint.family },
        device: networks.device,
        sampler: sampling.plan.sampler,
        options: batch === undefined ? { ...options, prompt, negativePrompt, seed, count: 1 } : options,
        ...(batch && { batch }),
        ...(run.init !== undefined && { init: "dims" in run.init ? "latents" : "image" }),
      },
    });
  }

  async function decode(latents: Tensor): Promise<Image> {
    const decoder = await networks.get("decoder", signal);
    const tiles = tilesFor(options, networks, notice);
    const picture = await decodeLatents(decoder, latents, configs.vae, { signal, tiles });
    if (picture.data.some((value) => !Number.isFinite(value))) {
      throw new Error(
        `Cannot decode the picture: the autoencoder gave NaN or infinite values (another autoencoder, with vae, is wanted)`,
      );
    }
    return imagesFromTensor(picture)[0];
  }

  async function previewOf(latents: Tensor): Promise<Image> {
    if (!networks.hasPreview) return decode(latents);
    const { image } = await (await networks.get("preview", signal)).run({ latents }, { signal });
    return imagesFromTensor(image)[0];
  }
}

/** What the model decides where the caller did not. */
function modelDefaults(
  { family, networks: files, scheduler }: Checkpoint,
  { configs }: Networks,
  asked: ResolvedOptions,
  init: Image | Tensor | undefined,
) {
  const native = Number(files.unet.config.sample_size ?? 64) * configs.vae.factor;
  const [height, width] =
    init === undefined
      ? [native, native]
      : "dims" in init
        ? [init.dims[2] * configs.vae.factor, init.dims[3] * configs.vae.factor]
        : [init.height, init.width];
  const consistency = scheduler._class_name === "LCMScheduler" || asked.sampler === "lcm";
  return {
    width: asked.width ?? width,
    height: asked.height ?? height,
    steps:
      asked.timesteps?.length ??
      (asked.sigmas === undefined ? undefined : asked.sigmas.length - 1) ??
      asked.steps ??
      (consistency ? 4 : 30),
    // The values of diffusers' pipelines.
    guidanceScale: asked.guidanceScale ?? (family === "sdxl" || family === "sdxl-refiner" ? 5 : 7.5),
    seed: asked.seed ?? Math.floor(Math.random() * 2 ** 32),
  };
}

/** One prompt with its negative one, and both as the UNet takes them. */
interface EncodedPrompt {
  readonly prompt: string;
  readonly negativePrompt: string | undefined;
  readonly positive: Condition;
  /** Absent when guidance is off. */
  readonly negative: Condition | undefined;
}

/** Every prompt with its negative one, encoded; equal texts once. */
async function encodeConditions(
  { checkpoint, networks, encoders }: Parts,
  options: ResolvedOptions & { width: number; height: number; guidanceScale: number },
  {
    prompts,
    needsNegative,
    notice,
    signal,
  }: { prompts: readonly string[]; needsNegative: boolean; notice: (text: string) => void; signal: AbortSignal },
): Promise<EncodedPrompt[]> {
  const { unet, textEncoder2 } = networks.configs;
  const { prompt2, negativePrompt, negativePrompt2 } = options;
  if (Array.isArray(negativePrompt) && negativePrompt.length !== prompts.length) {
    throw new RangeError(
      `Cannot generate: ${negativePrompt.length} negative prompts for ${prompts.length} prompts (one for each is wanted)`,
    );
  }
  const sizes =
    unet.textTime &&
    sizeConditioning(options, {
      sizes: (unet.textTime.width - (textEncoder2?.projection ?? 0)) / unet.textTime.sizeCodeWidth,
    });
  const known = new Map<string, Promise<TextStates>>();
  const encode = (text: string, second: string | undefined, clipSkip: number, what: string): Promise<TextStates> => {
    const key = JSON.stringify([text, second, clipSkip]);
    const onCut = (cut: string) => notice(`the ${what} is longer than 77 tokens; this was cut: ${JSON.stringify(cut)}`);
    const states = known.get(key) ?? encoders.encode(text, { prompt2: second, clipSkip, signal, onCut });
    known.set(key, states);
    return states;
  };

  // Guidance of a distilled model is an input of its UNet. CFG++ uses the negative half whatever the scale.
  const guided = (options.guidanceScale > 1 || needsNegative) && unet.guidanceCodeWidth === undefined;
  const zeros = negativePrompt === undefined && checkpoint.modelIndex?.force_zeros_for_empty_prompt === true;
  const encoded: EncodedPrompt[] = [];
  for (const [i, prompt] of prompts.entries()) {
    const own = Array.isArray(negativePrompt) ? negativePrompt[i] : negativePrompt;
    const positive = { ...(await encode(prompt, prompt2, options.clipSkip, "prompt")), timeIds: sizes?.positive };
    const negativeStates = !guided
      ? undefined
      : zeros
        ? encoders.zeros()
        : await encode(own ?? "", negativePrompt2, options.clipSkipNegative, "negative prompt");
    encoded.push({
      prompt,
      negativePrompt: own,
      positive,
      negative: negativeStates && { ...negativeStates, timeIds: sizes?.negative },
    });
  }
  return encoded;
}

/** What a 9-channel inpainting UNet takes for text to image: a mask of ones and a grey picture under it, as A1111 has it. */
async function inpaintEverything(
  { configs, get }: Networks,
  [, channels, height, width]: readonly number[],
  signal: AbortSignal,
): Promise<Tensor | undefined> {
  const { unet, vae } = configs;
  if (unet.inChannels === channels) return undefined;
  if (unet.inChannels !== 2 * channels + 1) {
    throw new Error(
      `Cannot generate from text: the UNet takes ${unet.inChannels} channels (${channels}, or ${2 * channels + 1} of an inpainting model, are wanted)`,
    );
  }
  const grey = tensor([1, 3, height * vae.factor, width * vae.factor]);
  const { mean } = await (await get("encoder", signal)).run({ image: grey }, { outputs: ["mean"], signal });
  const extra = tensor([1, channels + 1, height, width]);
  extra.data.fill(1, 0, height * width);
  extra.data.set(
    mean.data.map((value) => (value - vae.shiftFactor) * vae.scalingFactor),
    height * width,
  );
  return extra;
}

const modelName = (path: string): string =>
  path
    .split(/[\\/]/)
    .filter(Boolean)
    .at(-1)
    ?.replace(/\.(safetensors|ckpt|pt|bin)$/, "") ?? path;
