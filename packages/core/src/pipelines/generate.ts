// From checked options to finished pictures: encode the prompts, lay out what to start from, denoise, decode.

import type { AdapterCatalogue } from "../adapters/catalogue.ts";
import type { Checkpoint } from "../checkpoints/checkpoint.ts";
import type { ControlFiles } from "../checkpoints/control-files.ts";
import { samplerTable } from "../diffusion/samplers/index.ts";
import { withChannels } from "../image/channels.ts";
import type { Image } from "../image/image.ts";
import type { EmbeddingTable } from "../prompts/embeddings.ts";
import type { Wildcards } from "../prompts/expand-template.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { version } from "../util/version.ts";
import type { AdapterShelf } from "./adapter-shelf.ts";
import { layOut, prepareCanvas } from "./canvas.ts";
import type { TextEncoders } from "./conditioning.ts";
import { controlsOf } from "./controls.ts";
import type { Controls } from "./controls.ts";
import { pictureDecoder } from "./decode-picture.ts";
import { depthChannel, withDepth } from "./depth-to-image.ts";
import { checkEditing } from "./editing-rules.ts";
import { encodeConditions } from "./encode-conditions.ts";
import type { EncodedPrompt } from "./encode-conditions.ts";
import { enlargement, pictureEnlarger } from "./enlarge.ts";
import type { GenerateEvent } from "./events.ts";
import { expandPrompts } from "./expand-prompts.ts";
import type { PromptTemplate } from "./expand-prompts.ts";
import { enlargedStarts, secondPassOptions } from "./hires.ts";
import type { Upscaler } from "./hires-upscalers.ts";
import { startsFromLatents, startsFromNoise, startsFromPicture } from "./initial-latents.ts";
import type { StartContext, Starts } from "./initial-latents.ts";
import { startsToEdit } from "./instruct-pix2pix.ts";
import { encodePictures, picturePrompts } from "./ip-adapters.ts";
import { withDefaults } from "./model-defaults.ts";
import type { RunOptions } from "./model-defaults.ts";
import { checkNetworkOptions } from "./network-options.ts";
import type { Networks } from "./networks.ts";
import { explainNonFinite } from "./non-finite.ts";
import { pictureNoise, stepNoise } from "./noise.ts";
import type { ResolvedOptions } from "./options.ts";
import { openControls } from "./open-controls.ts";
import { openIpAdapters } from "./open-ip-adapters.ts";
import { runPass } from "./pass.ts";
import type { PictureRecord } from "./record.ts";
import { pictureChannels } from "./picture-channels.ts";
import { runAdapters } from "./run-adapters.ts";
import { runEmbeddings, usedEmbeddings } from "./run-embeddings.ts";
import { runHypernetworks } from "./run-hypernetworks.ts";
import type { PromptHypernetworks } from "./run-hypernetworks.ts";
import type { PromptAdapters, PromptTexts } from "./run-adapters.ts";
import { planSampling } from "./sampling.ts";
import type { Sampling } from "./sampling.ts";
import { stepEvents } from "./step-events.ts";
import { checkTask } from "./task-rules.ts";
import { startsFromSmall } from "./upscale-sd.ts";
import { seedsOf, startNoise } from "./variation.ts";
import { wordAttention } from "./word-attention.ts";
import type { WordAttention } from "./word-attention.ts";

/** A model's opened parts. */
export interface Parts {
  readonly checkpoint: Checkpoint;
  readonly networks: Networks;
  readonly encoders: TextEncoders;
  readonly shelf: AdapterShelf;
}

/** What one generation is given beside its options. */
export interface Run {
  readonly init: Image | Tensor | undefined;
  /** White where `init` is painted anew. */
  readonly mask: Image | undefined;
  /** Light where near, for depth-to-image models. */
  readonly depth: Image | undefined;
  /** Of the option `controls`, in its order. */
  readonly controlImages?: readonly (Image | undefined)[];
  readonly openControl: (path: string) => Promise<ControlFiles>;
  /** Of the option `ipAdapters`, in its order. */
  readonly ipAdapterImages?: readonly (readonly Image[] | undefined)[];
  /** Enlarges the picture between the passes of a hires fix. */
  readonly upscaler: Upscaler | undefined;
  /** Where __wildcards__ in prompts come from. */
  readonly wildcards?: Wildcards;
  /** What the prompts were drawn from in an earlier run, for the record. */
  readonly template?: PromptTemplate;
  /** Where the names of adapters are looked up. */
  readonly adapters?: AdapterCatalogue;
  /** Learned concepts that prompts can name. */
  readonly concepts?: EmbeddingTable;
  readonly previewEvery: number;
  readonly traceSteps?: boolean;
  readonly pictures: readonly number[] | undefined;
  readonly emit: (event: GenerateEvent) => void;
  readonly signal: AbortSignal;
}

/** One of the passes that every picture goes through. */
interface PlannedPass {
  readonly options: RunOptions;
  /** [1,C,h,w]. */
  readonly latentDims: readonly number[];
  readonly sampling: Sampling;
  /** By the number of the prompt. */
  readonly prompts: readonly EncodedPrompt[];
  readonly adapted: readonly (PromptAdapters & { readonly hypernetworks: PromptHypernetworks })[];
  readonly controls?: Controls;
}

type UnencodedPass = Omit<PlannedPass, "prompts" | "adapted" | "controls">;

/** Makes every picture that `asked` describes, one after the other, telling `run.emit`. */
export async function generate(parts: Parts, asked: ResolvedOptions, run: Run): Promise<void> {
  const { checkpoint, networks } = parts;
  const { emit, signal } = run;
  const notice = (text: string) => emit({ kind: "notice", text });
  const channels = checkpoint.task === "upscaling" ? 3 : pictureChannels(networks);
  const picture = run.init === undefined || "dims" in run.init ? undefined : withChannels(run.init, channels);
  checkEditing(asked, {
    init: picture !== undefined ? "picture" : run.init && "latents",
    mask: run.mask !== undefined,
    upscaler: run.upscaler !== undefined,
    upscales: checkpoint.task === "upscaling",
  });
  checkTask(checkpoint, asked, run);
  checkNetworkOptions(asked);
  const edits = checkpoint.task === "instruct-pix2pix";
  const ground = picture && checkpoint.task !== "upscaling" ? layOut(picture, run.mask, asked) : undefined;
  const { options, templates } = await expandPrompts(
    withDefaults(asked, checkpoint, networks, ground?.image ?? picture ?? run.init),
    { wildcards: run.wildcards, notice },
  );
  const canvas = ground && prepareCanvas(ground, { ...options, scale: enlargement(options, networks) });
  const chosen = chosenPictures(options, run.pictures);

  for (const text of networks.notices) notice(text);
  if (canvas?.mask?.data.every((value) => value === 255))
    notice("the mask is white everywhere: nothing of the picture is kept");
  const planned = [
    planPass(parts, options, { fromPicture: canvas !== undefined && !edits }),
    ...[secondPassOptions(options, networks.configs.vae.factor)].flatMap((second) =>
      second === undefined ? [] : [planPass(parts, second, { fromPicture: true })],
    ),
  ];
  for (const { sampling } of planned) for (const warning of sampling.plan.warnings) notice(warning);
  const steps = planned.reduce((sum, { sampling }) => sum + sampling.steps, 0);
  const promptCount = [options.prompt].flat().length;
  const promptsOf = ({ options: { prompt } }: Pick<PlannedPass, "options">) =>
    Array.isArray(prompt) ? prompt : Array<string>(promptCount).fill(prompt);
  const textsOf = (prompt: string): PromptTexts => [prompt, options.prompt2, options.promptTo];
  const texts = planned.flatMap(promptsOf).map(textsOf);
  const catalogue = run.adapters;
  const loras = await runAdapters(options, texts, { ...parts, catalogue, notice });
  const hypernetworksOf = await runHypernetworks(options, texts, { catalogue, unet: networks.configs.unet });
  const adaptersOf = (prompt: PromptTexts) => {
    const [adapters, hypernetworks] = [loras(prompt), hypernetworksOf(prompt)];
    return { ...adapters, networks: hypernetworks.within(adapters.networks), hypernetworks };
  };
  const { textEncoder, textEncoder2 } = networks.configs;
  const embeddings = await runEmbeddings(options, {
    catalogue,
    concepts: run.concepts,
    widths: {
      ...(textEncoder && { textEncoder: textEncoder.width }),
      ...(textEncoder2 && { textEncoder2: textEncoder2.width }),
    },
    texts: [...texts, [options.negativePrompt, options.negativePrompt2, options.hiresNegativePrompt]]
      .flat(2)
      .filter((text) => text !== undefined),
    notice,
  });
  emit({ kind: "start", pictures: chosen.length, steps, device: networks.device });

  const controls = await openControls(options.controls ?? [], {
    images: run.controlImages,
    open: run.openControl,
    model: { checkpoint, configs: networks.configs, tiling: options.tiling },
  });
  for (const { note } of controls) if (note !== undefined) notice(note);
  const ipAdapters = await openIpAdapters(options.ipAdapters ?? [], {
    images: run.ipAdapterImages,
    model: { checkpoint, configs: networks.configs },
  });

  const passes: PlannedPass[] = [];
  let callsBefore: number | undefined;
  for (const pass of planned) {
    const { needsNegative, plan } = pass.sampling;
    const adapted = promptsOf(pass).map((prompt) => adaptersOf(textsOf(prompt)));
    const calls = { steps: pass.options.steps * samplerTable[plan.sampler].evaluations, before: callsBefore };
    const prompts = await encodeConditions(parts, pass.options, {
      prompts: promptsOf(pass),
      needsNegative,
      calls,
      adapted,
      embeddings,
      notice,
      signal,
    });
    passes.push({ ...pass, prompts, adapted, ...controlsFor(pass) });
    callsBefore = calls.steps;
  }
  const encodedPictures = await encodePictures(ipAdapters, {
    companions: networks.companions,
    needsNegative: passes.some(({ prompts }) => prompts.some(({ negative, empty }) => negative ?? empty)),
    signal,
  });
  // What encoded the pictures has done its work.
  await networks.companions.keep(controls.map(({ files }) => files.key));
  const contextOf = (pass: PlannedPass): StartContext => ({ ...pass, networks, signal });
  const firstStarts = await startsOf(contextOf(passes[0]));
  const hash = checkpoint.hash();
  hash.catch(() => undefined);
  const decode = pictureDecoder(networks, { options, notice, signal });
  const { enlarge, by: enlarged } = pictureEnlarger(networks, { checkpoint, options, signal });
  const onSteps = stepEvents({
    pictures: chosen.length,
    steps,
    previewEvery: run.previewEvery,
    traceSteps: run.traceSteps ?? false,
    decode,
    emit,
  });

  for (const number of chosen) {
    signal.throwIfAborted();
    const batch = options.seeding === "batch" ? { index: number, size: totalOf(options) } : undefined;
    const seeds = seedsOf(options, number);
    let latents: Tensor | undefined;
    let attention: WordAttention | undefined;
    let stepsBefore = 0;
    for (const pass of passes) {
      const starts: Starts =
        latents === undefined
          ? firstStarts
          : await enlargedStarts(latents, {
              context: contextOf(pass),
              size: pass.options,
              upscaler: run.upscaler,
              decode,
            });
      const draw = pictureNoise({ seed: seeds.seed, rng: options.rng, batch });
      const { factor } = networks.configs.vae;
      const noise = () => startNoise(draw, pass.latentDims, { seeds, options, factor });
      const from = starts({ draw, noise });
      const { timesteps } = pass.sampling.plan;
      const prompt = pass.prompts[Math.floor(number / options.count)];
      const adapted = pass.adapted[Math.floor(number / options.count)];
      const onStep = onSteps({ picture: number, stepsBefore, latentDims: pass.latentDims });
      if (options.attention && latents === undefined)
        attention = wordAttention(networks.configs.unet, {
          words: prompt.positive.words ?? [],
          sigmas: pass.sampling.plan.sigmas,
          latentDims: pass.latentDims,
          steps: options.attentionSteps,
        });
      const watch = latents === undefined ? attention : undefined;
      const drawOn = stepNoise(draw, { ...options, ...seeds, batch });
      const brownian = options.brownianSeed === "seed" ? { noiseSeed: seeds.seed, noiseBatch: batch } : undefined;
      latents = await runPass(
        { ...pass, prompt, from, draw: drawOn, brownian, pictures: picturePrompts(encodedPictures, timesteps), edits },
        { ...adapted, onStep, watch, signal },
      ).catch(async (error: unknown) => {
        throw await explainNonFinite(error, checkpoint);
      });
      stepsBefore += pass.sampling.steps;
    }

    const image = options.denoisingEnd === undefined ? await enlarge(await decode(latents!)) : undefined;
    const { prompt, negativePrompt } = passes[0].prompts[Math.floor(number / options.count)];
    emit({
      kind: "image",
      picture: number,
      seed: seeds.seed,
      ...(image && { image: canvas?.finish(image) ?? image }),
      latents: latents!,
      ...(attention && { attention: attention.result() }),
      record: {
        version,
        model: { name: modelName(checkpoint.path), path: checkpoint.path, hash: await hash, family: checkpoint.family },
        device: networks.device,
        sampler: passes[0].sampling.plan.sampler,
        options: batch === undefined ? { ...options, ...seeds, prompt, negativePrompt, count: 1 } : options,
        ...(batch && { batch }),
        ...((templates ?? run.template) && { template: templates?.[number] ?? run.template }),
        ...(run.init !== undefined && { init: picture === undefined ? "latents" : "image" }),
        ...(run.mask !== undefined && { mask: true }),
        ...(run.depth !== undefined && { depth: true }),
        ...(run.controlImages?.some((given) => given !== undefined) && { controls: true }),
        ...(ipAdapters.length > 0 && { ipAdapters: true }),
        ...(await usedConcepts(number)),
        ...(run.upscaler !== undefined && { upscaler: true }),
        ...(enlarged && image && { enlarged }),
      },
    });
  }

  function controlsFor({
    options: { width, height },
    latentDims,
    sampling,
  }: UnencodedPass): Pick<PlannedPass, "controls"> {
    if (controls.length === 0) return {};
    const { timesteps } = sampling.plan;
    const pass = { networks, size: { width, height }, latentDims, timesteps, start: canvas?.image, part: canvas?.part };
    const isTiled = options.tiledDiffusion !== undefined;
    return { controls: controlsOf(controls, { ...pass, isTiled, notice }) };
  }

  /** What the record tells of adapters. */
  async function usedConcepts(number: number): Promise<Pick<PictureRecord, "loras" | "embeddings" | "hypernetworks">> {
    const own = Math.floor(number / options.count);
    const conditions = passes.flatMap(({ prompts }) => [prompts[own].positive, prompts[own].negative]);
    const words = await usedEmbeddings(conditions, embeddings);
    const hypernetworks = await Promise.all(
      passes[0].adapted[own].hypernetworks.used.map(async ({ name, weight, hash }) => ({
        name,
        weight,
        hash: await hash(),
      })),
    );
    const used = new Map(passes.flatMap(({ adapted }) => adapted[own].used.map((lora) => [lora.path, lora])));
    const loras = await Promise.all(
      Array.from(used.values(), async ({ name, path, hash }) => ({ name, path, hash: await hash() })),
    );
    return {
      ...(loras.length > 0 && { loras }),
      ...(words.length > 0 && { embeddings: words }),
      ...(hypernetworks.length > 0 && { hypernetworks }),
    };
  }

  async function startsOf(context: StartContext): Promise<Starts> {
    if (edits) return startsToEdit(canvas!.image, context);
    const starts = await plainStartsOf(context);
    return run.depth === undefined ? starts : withDepth(starts, depthChannel(run.depth, context.latentDims));
  }

  function plainStartsOf(context: StartContext): Promise<Starts> {
    if (canvas !== undefined) return startsFromPicture(canvas, context);
    if (checkpoint.task === "upscaling") return startsFromSmall(picture!, { ...context, checkpoint });
    return run.init === undefined ? startsFromNoise(context) : startsFromLatents(run.init as Tensor, context);
  }
}

/** A pass with its plan, before its prompts are encoded. */
function planPass(
  { checkpoint, networks }: Parts,
  options: RunOptions,
  start: { fromPicture: boolean },
): UnencodedPass {
  const { factor, latentChannels } = networks.configs.vae;
  const latentDims = [1, latentChannels, options.height / factor, options.width / factor];
  if (!latentDims.every(Number.isInteger)) {
    throw new RangeError(
      `Cannot generate: ${options.width}×${options.height} (width and height that divide by ${factor} are wanted)`,
    );
  }
  return { options, latentDims, sampling: planSampling(checkpoint, options, start) };
}

const totalOf = ({ prompt, count }: RunOptions): number => [prompt].flat().length * count;

/** The numbers of the pictures to make. */
function chosenPictures(options: RunOptions, pictures: readonly number[] | undefined): readonly number[] {
  const total = totalOf(options);
  const chosen = pictures ?? Array.from({ length: total }, (_, i) => i);
  const outside = chosen.find((picture) => !(picture >= 0 && picture < total));
  if (outside !== undefined) throw new RangeError(`Cannot generate: picture ${outside} is not one of ${total}`);
  return chosen;
}

const modelName = (path: string): string =>
  path
    .split(/[\\/]/)
    .filter(Boolean)
    .at(-1)
    ?.replace(/\.(safetensors|ckpt|pt|bin)$/, "") ?? path;
