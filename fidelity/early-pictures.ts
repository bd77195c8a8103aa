// Pictures of the systems before Stable Diffusion, from the seed alone, beside diffusers' own: DDPM and DDIM over pixels
// (DDPMPipeline, DDIMPipeline), latent diffusion's super-resolution and its text to image with BERT's words.

import { readFileSync } from "node:fs";
import { readWeights } from "@noisette/core/checkpoints/weights-file";
import { planFromDiffusers } from "@noisette/core/diffusion/from-diffusers";
import { runPlan } from "@noisette/core/diffusion/run-plan";
import type { Graph } from "@noisette/core/graph/graph";
import { imagesFromTensor, tensorFromImage } from "@noisette/core/image/pixels";
import { readImage } from "@noisette/core/image/png";
import type { PublishedConfig } from "@noisette/core/models/config";
import { ldmBertConfig, ldmBertGraph } from "@noisette/core/models/ldm-bert";
import { unetGraph } from "@noisette/core/models/unet";
import { unetConfig } from "@noisette/core/models/unet-config";
import { unet2dConfig, unet2dGraph } from "@noisette/core/models/unet2d";
import { vqAutoencoderConfig, vqDecoderGraph } from "@noisette/core/models/vq-autoencoder";
import { sampleUnet2d } from "@noisette/core/pipelines/sample-unet2d";
import type { Engine, Network } from "@noisette/core/runtime/engine";
import type { Tensor } from "@noisette/core/tensor/tensor";
import { tensor } from "@noisette/core/tensor/tensor";
import { bertTokenizer } from "@noisette/core/tokenizers/bert";
import { TorchGenerator } from "@noisette/core/util/rng/torch-generator";
import { fixturePath, goldenTensor, readGolden } from "../fixtures/read-golden.ts";
import type { Golden } from "../fixtures/read-golden.ts";
import type { FidelityCase } from "./case.ts";
import { relativeError } from "./case.ts";

/** The last latents (of pixel models: the picture itself) and the decoded picture. */
interface Made {
  readonly latents: Tensor;
  readonly picture: Tensor;
}

const makers: Readonly<Record<string, (engine: Engine, golden: Golden) => Promise<Made>>> = {
  "ddpm/ddpm": pixels,
  "ddpm/ddim": pixels,
  "ddpm/ddim_eta05_clipped": pixels,
  "ldm-super-resolution/upscale": superResolution,
  "ldm-text2im/txt2img_ddim": textToImage,
};

/** Every golden picture of these systems: its latents, and its bytes. */
export const earlyPictureCases: readonly FidelityCase[] = Object.entries(makers).flatMap(([name, make]) => {
  const golden = readGolden(`cases/${name}`);
  const made = new WeakMap<Engine, Promise<Made>>();
  const once = (engine: Engine) => {
    const making = made.get(engine) ?? make(engine, golden);
    made.set(engine, making);
    return making;
  };
  const last = [...golden.tensors.keys()].filter((key) => /^latents\.\d+$/.test(key)).at(-1)!;
  return [
    {
      name: `${name}, latents`,
      figure: "relativeError",
      bounds: { cpu: 1e-3 },
      measure: async ({ engine }) =>
        relativeError((await once(engine)).latents.data, goldenTensor(golden, last).data as Float32Array),
    },
    {
      name: `${name}, picture`,
      figure: "psnr",
      bounds: { cpu: 50 },
      measure: async ({ engine }) => {
        const bytes = imagesFromTensor((await once(engine)).picture).flatMap(({ data }) => [...data]);
        const expected = goldenTensor(golden, "out.image_u8").data as Uint8Array;
        const squares = expected.reduce((sum, value, i) => sum + (value - bytes[i]) ** 2, 0);
        return 10 * Math.log10((255 ** 2 * expected.length) / squares);
      },
    },
  ];
});

async function pixels(engine: Engine, golden: Golden): Promise<Made> {
  const unet = await loaded(engine, "ddpm/unet", (config) => unet2dGraph(unet2dConfig(config)));
  const picture = await sampleUnet2d(unet, planOf(golden), { dims: dimsOf(golden), noise: noiseOf(golden) });
  return { latents: picture, picture };
}

async function superResolution(engine: Engine, golden: Golden): Promise<Made> {
  const unet = await loaded(engine, "ldm-super-resolution/unet", (config) => unet2dGraph(unet2dConfig(config)));
  const decoder = await loaded(engine, "ldm-super-resolution/vqvae", (config) =>
    vqDecoderGraph(vqAutoencoderConfig(config)),
  );
  const beside = tensorFromImage(await readImage(fixturePath("cases/ldm-super-resolution/low_res.png")));
  const options = { dims: dimsOf(golden), noise: noiseOf(golden), beside };
  const latents = await sampleUnet2d(unet, planOf(golden), options);
  return { latents, picture: (await decoder.run({ latents })).image };
}

async function textToImage(engine: Engine, golden: Golden): Promise<Made> {
  const unet = await loaded(engine, "ldm-text2im/unet", (config) => unetGraph(unetConfig(config)));
  const text = await loaded(engine, "ldm-text2im/bert", (config) => ldmBertGraph(ldmBertConfig(config)));
  const decoder = await loaded(engine, "ldm-text2im/vqvae", (config) => vqDecoderGraph(vqAutoencoderConfig(config)));
  const { prompt, guidance_scale: scale } = golden.json.call_kwargs;
  const tokenizer = bertTokenizer(readFileSync(fixturePath("models/ldm-text2im/tokenizer/vocab.txt"), "utf8"));
  const ids = ["", "", ...prompt].flatMap((one: string) => tokenizer.encodeTo(one, 77));
  const { states } = await text.run({ ids: { dims: [4, 77], data: BigInt64Array.from(ids, BigInt) } });

  const dims = dimsOf(golden);
  const plan = planOf(golden);
  const generator = new TorchGenerator(golden.json.seed);
  const half = generator.randn(dims.reduce((a, b) => a * b));
  const guided = async (input: Float32Array, timestep: number) => {
    const both = new Float32Array(2 * input.length);
    both.set(input);
    both.set(input, input.length);
    const { out } = await unet.run({
      sample: tensor([4, ...dims.slice(1)], both),
      timestep: tensor([4], new Float32Array(4).fill(timestep)),
      context: states,
    });
    return input.map((_, i) => out.data[i] + scale * (out.data[input.length + i] - out.data[i]));
  };
  const noise = () => generator.randn(half.length);
  const start = half.map((value) => value * plan.initialScale);
  const latents = tensor(dims, await runPlan(plan, guided, start, { noise, batch: 2 }));
  const scaled = tensor(
    dims,
    latents.data.map((value) => value / 0.18215),
  );
  return { latents, picture: (await decoder.run({ latents: scaled })).image };
}

const dimsOf = (golden: Golden) =>
  goldenTensor(golden, "latents.init").dims as readonly [number, number, number, number];

/** Draws for the whole batch, from one generator. */
function noiseOf(golden: Golden): () => Float32Array {
  const generator = new TorchGenerator(golden.json.seed);
  const length = dimsOf(golden).reduce((a, b) => a * b);
  return () => generator.randn(length);
}

function planOf({ json: { schedulers, call_kwargs: call } }: Golden) {
  const { class: _class_name, ...config } = schedulers.scheduler;
  return planFromDiffusers(
    { _class_name, ...config },
    {
      steps: call.num_inference_steps,
      ...(call.eta > 0 && { eta: call.eta }),
      ...(call.use_clipped_model_output && { useClippedModelOutput: true }),
    },
  );
}

async function loaded(engine: Engine, folder: string, trace: (config: PublishedConfig) => Graph): Promise<Network> {
  const path = fixturePath(`models/${folder}`);
  const file = folder.endsWith("bert") ? "model.safetensors" : "diffusion_pytorch_model.safetensors";
  const { tensors } = await readWeights(`${path}/${file}`);
  const config = JSON.parse(readFileSync(`${path}/config.json`, "utf8")) as PublishedConfig;
  return engine.load(trace(config), tensors, { source: folder });
}
