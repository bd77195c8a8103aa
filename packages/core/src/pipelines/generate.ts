// From checked options to finished pictures: encode the prompts, lay out what to start from, denoise, decode.

import { samplerTable } from "../diffusion/samplers/index.ts";
import { withChannels } from "../image/channels.ts";
import { version } from "../util/version.ts";
import { layOut, prepareCanvas } from "./canvas.ts";
import { gateNotice } from "./content-gate.ts";
import { controlsOf } from "./controls.ts";
import { pictureDecoder } from "./decode-picture.ts";
import { checkEditing } from "./editing-rules.ts";
import { encodeConditions } from "./encode-conditions.ts";
import { enlargement, pictureEnlarger } from "./enlarge.ts";
import { expandPrompts } from "./expand-prompts.ts";
import { checkWatermark, finishPicture } from "./finish-picture.ts";
import { encodePictures } from "./ip-adapters.ts";
import { makeLatents, startContext } from "./make-latents.ts";
import { withDefaults } from "./model-defaults.ts";
import type { RunOptions } from "./model-defaults.ts";
import { modelName } from "./model-name.ts";
import { checkNetworkOptions } from "./network-options.ts";
import { openControls } from "./open-controls.ts";
import { openIpAdapters } from "./open-ip-adapters.ts";
import type { ResolvedOptions } from "./options.ts";
import { planPasses } from "./passes.ts";
import type { Pass, PlannedPass } from "./passes.ts";
import { pictureChannels } from "./picture-channels.ts";
import type { Parts, Run } from "./run.ts";
import type { PromptTexts } from "./run-adapters.ts";
import { runConcepts } from "./run-concepts.ts";
import { startsOf } from "./starts.ts";
import { stepEvents } from "./step-events.ts";
import { checkTask } from "./task-rules.ts";
import { upscalingScale } from "./upscaling-tasks.ts";
import { seedsOf } from "./variation.ts";

/** Makes every picture that `asked` describes, one after the other, telling `run.emit`. */
export async function generate(parts: Parts, asked: ResolvedOptions, run: Run): Promise<void> {
  const { checkpoint, networks } = parts;
  const { emit, signal } = run;
  const notice = (text: string) => emit({ kind: "notice", text });
  const upscales = upscalingScale(checkpoint.task, networks.configs.vae.factor) !== undefined;
  const channels = checkpoint.task === "upscaling" ? 3 : pictureChannels(networks);
  const picture = run.init === undefined || "dims" in run.init ? undefined : withChannels(run.init, channels);
  checkEditing(asked, {
    init: picture !== undefined ? "picture" : run.init && "latents",
    mask: run.mask !== undefined,
    upscaler: run.upscaler !== undefined,
    ...(upscales && { upscales: checkpoint.task === "latent-upscaling" ? "latents" : "picture" }),
  });
  checkTask(checkpoint, asked, run);
  checkNetworkOptions(asked);
  const edits = checkpoint.task === "instruct-pix2pix";
  const ground = picture && !upscales ? layOut(picture, run.mask, asked) : undefined;
  const { options, templates } = await expandPrompts(
    withDefaults(asked, checkpoint, networks, ground?.image ?? picture ?? run.init),
    { wildcards: run.wildcards, notice },
  );
  const canvas = ground && prepareCanvas(ground, { ...options, scale: enlargement(options, networks) });
  const chosen = chosenPictures(options, run.pictures);

  for (const text of networks.notices) notice(text);
  if (canvas?.mask?.data.every((value) => value === 255))
    notice("the mask is white everywhere: nothing of the picture is kept");
  const planned = planPasses(parts, options, { fromPicture: canvas !== undefined && !edits });
  if (canvas === undefined && !upscales) {
    const [{ width, height }, scale] = [planned.at(-1)!.options, enlargement(options, networks)];
    checkWatermark(options.watermark, { width: width * scale, height: height * scale });
  }
  for (const { sampling } of planned) for (const warning of sampling.plan.warnings) notice(warning);
  const steps = planned.reduce((sum, { sampling }) => sum + sampling.steps, 0);
  const promptCount = [options.prompt].flat().length;
  const promptsOf = ({ options: { prompt } }: Pass) =>
    Array.isArray(prompt) ? prompt : Array<string>(promptCount).fill(prompt);
  const textsOf = (prompt: string): PromptTexts => [prompt, options.prompt2, options.promptTo];
  const concepts = await runConcepts(parts, options, {
    prompts: planned.flatMap(promptsOf).map(textsOf),
    negatives: [options.negativePrompt, options.negativePrompt2, options.hiresNegativePrompt].flat(),
    catalogue: run.adapters,
    concepts: run.concepts,
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
    const own = promptsOf(pass).map((prompt) => concepts.of(textsOf(prompt)));
    const calls = { steps: pass.options.steps * samplerTable[plan.sampler].evaluations, before: callsBefore };
    const prompts = await encodeConditions(parts, pass.options, {
      prompts: promptsOf(pass),
      needsNegative,
      calls,
      adapted: own,
      embeddings: concepts.embeddings,
      notice,
      signal,
    });
    passes.push({ ...pass, prompts, concepts: own, ...controlsFor(pass) });
    callsBefore = calls.steps;
  }
  const encodedPictures = await encodePictures(ipAdapters, {
    companions: networks.companions,
    needsNegative: passes.some(({ prompts }) => prompts.some(({ negative, empty }) => negative ?? empty)),
    signal,
  });
  // What encoded the pictures has done its work.
  await networks.companions.keep(controls.map(({ files }) => files.key));
  const starts = await startsOf(parts, { ...run, picture, canvas }, startContext(passes[0], { networks, signal }));
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
    gate: run.gate,
    emit,
  });
  const { upscaler } = run;
  const context = { checkpoint, networks, options, passes, starts, encodedPictures, upscaler, decode, onSteps, signal };
  const finishing = { gate: run.gate, watermark: options.watermark, signal };

  for (const number of chosen) {
    signal.throwIfAborted();
    const batch = options.seeding === "batch" ? { index: number, size: totalOf(options) } : undefined;
    const seeds = seedsOf(options, number);
    const own = Math.floor(number / options.count);
    const { latents, attention } = await makeLatents(context, { number, prompt: own, seeds, batch });
    const made = options.denoisingEnd === undefined ? await enlarge(await decode(latents)) : undefined;
    const { image, unsafe } = made ? await finishPicture(canvas?.finish(made) ?? made, finishing) : {};
    const judged = gateNotice(`the picture of seed ${seeds.seed}`, { image, unsafe }, run.gate);
    if (judged !== undefined) notice(judged);
    if (image === undefined && unsafe !== undefined) {
      emit({ kind: "refused", picture: number, seed: seeds.seed, unsafe });
      continue;
    }
    const { prompt, negativePrompt } = passes[0].prompts[own];
    emit({
      kind: "image",
      picture: number,
      seed: seeds.seed,
      ...(image && { image }),
      latents,
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
        ...(await concepts.used(own, passes)),
        ...(run.upscaler !== undefined && { upscaler: true }),
        ...(enlarged && image && { enlarged }),
        ...(unsafe !== undefined && { blurred: { unsafe, threshold: run.gate!.threshold } }),
      },
    });
  }

  function controlsFor({ options: { width, height }, latentDims, sampling }: Pass): Pick<PlannedPass, "controls"> {
    if (controls.length === 0) return {};
    const { timesteps } = sampling.plan;
    const pass = { networks, size: { width, height }, latentDims, timesteps, start: canvas?.image, part: canvas?.part };
    const isTiled = options.tiledDiffusion !== undefined;
    return { controls: controlsOf(controls, { ...pass, isTiled, notice }) };
  }
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
