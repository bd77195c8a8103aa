// Where denoising starts from: noise, a picture under noise, or latents that another model handed over; and what the UNet
// takes beside them. Random numbers are drawn in the order of diffusers' pipelines: picture, noise, masked picture.

import type { Image } from "../image/image.ts";
import type { Mask } from "../image/mask.ts";
import { tensorFromImage } from "../image/pixels.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import type { KnownRegion } from "./inpaint-blend.ts";
import { channelsOf, inpaintEverything, isInpaintingModel, latentMask, maskedPicture } from "./inpaint-channels.ts";
import type { Networks } from "./networks.ts";
import { pictureChannels } from "./picture-channels.ts";
import type { PictureNoise } from "./noise.ts";
import type { ResolvedOptions } from "./options.ts";

/** A start for the sampler. */
export type Start =
  /** N(0,1), to be scaled to the first noise level. */
  | { readonly kind: "noise"; readonly noise: Float32Array }
  /** Clean latents x₀, and N(0,1) to noise them with to the first noise level. */
  | { readonly kind: "clean"; readonly latents: Float32Array; readonly noise: Float32Array }
  /** Latents that are noisy already, as another model handed them over. */
  | { readonly kind: "noisy"; readonly latents: Float32Array };

/** What one pass of one picture starts from. */
export interface PassStart {
  readonly start: Start;
  /** Channels [1,C',h,w] that the UNet takes behind the latents. */
  readonly extraChannels?: Tensor;
  /** The class that the UNet is told. */
  readonly classLabel?: number;
  /** What to keep of a picture. */
  readonly known?: KnownRegion;
}

/** The random numbers of a picture: its generator, and its start noise for the run's latents, drawn from it. */
export interface StartDraws {
  readonly draw: PictureNoise;
  readonly noise: () => Float32Array;
}

/** The start of each picture, from its random numbers: what needs networks is done before. */
export type Starts = (draws: StartDraws) => PassStart;

/** What all starts of a run share. */
export interface StartContext {
  readonly networks: Networks;
  /** [1,C,h,w]. */
  readonly latentDims: readonly number[];
  readonly options: ResolvedOptions;
  readonly signal: AbortSignal;
}

/** Starts from pure noise. */
export async function startsFromNoise({ networks, latentDims, signal }: StartContext): Promise<Starts> {
  const extraChannels = await inpaintEverything(networks, latentDims, signal);
  return ({ noise }) => ({ start: { kind: "noise", noise: noise() }, extraChannels });
}

/** Starts from latents [1,C,h,w] that are noisy already. */
export async function startsFromLatents(latents: Tensor, context: StartContext): Promise<Starts> {
  const { latentDims, networks, signal } = context;
  if (latents.dims.length !== 4 || latents.dims.some((dim, i) => dim !== latentDims[i]))
    throw new RangeError(`Cannot start from latents [${latents.dims}]: [${latentDims}] is wanted`);
  const extraChannels = await inpaintEverything(networks, latentDims, signal);
  return () => ({ start: { kind: "noisy", latents: latents.data }, extraChannels });
}

/** Starts from clean latents [1,C,h,w] under noise. */
export async function startsFromClean(latents: Float32Array, context: StartContext): Promise<Starts> {
  const extraChannels = await inpaintEverything(context.networks, context.latentDims, context.signal);
  return ({ noise }) => ({ start: { kind: "clean", latents, noise: noise() }, extraChannels });
}

/** Starts from a picture in the run's size, of which `mask` says what to paint anew; all of it without one. */
export async function startsFromPicture(
  { image, mask }: { readonly image: Image; readonly mask: Mask | undefined },
  context: StartContext,
): Promise<Starts> {
  const { networks, latentDims, options, signal } = context;
  const picture = tensorFromImage(image, pictureChannels(networks));
  if (mask === undefined) {
    const posterior = await encodePosterior(networks, picture, signal);
    const extraChannels = await inpaintEverything(networks, latentDims, signal);
    return ({ draw, noise }) => {
      const latents = posterior(draw(latentDims, { shared: true }));
      return { start: { kind: "clean", latents, noise: noise() }, extraChannels };
    };
  }

  const { fill = "original", softInpainting: soft = false, strength, strengthSteps, maskBlending: blending } = options;
  const isPure = strength === 1 && strengthSteps === "diffusers" && fill === "original";
  const inpaints = isInpaintingModel(networks, latentDims);
  const weights = latentMask(mask, latentDims, { soft });
  const ofPicture = inpaints && isPure && !soft ? undefined : await encodePosterior(networks, picture, signal);
  const ofMasked = await encodePosterior(networks, maskedPicture(picture, mask), signal);
  return ({ draw, noise }) => {
    const encoded = ofPicture?.(draw(latentDims, { shared: true }));
    const startNoise = noise();
    // Drawn also where only an inpainting model looks at it: diffusers does.
    const masked = ofMasked(draw(latentDims, { shared: true }));
    const latents =
      encoded && under(weights, encoded, fill === "noise" ? startNoise : fill === "nothing" ? 0 : encoded);
    return {
      start:
        isPure || latents === undefined
          ? { kind: "noise", noise: startNoise }
          : { kind: "clean", latents, noise: startNoise },
      extraChannels: inpaints ? channelsOf(weights, tensor(latentDims, masked)) : undefined,
      known: latents && (!inpaints || soft) ? { latents, noise: startNoise, mask: weights, blending, soft } : undefined,
    };
  };
}

/** (1 − mask)·latents + mask·content, for every channel. */
function under(mask: Float32Array, latents: Float32Array, content: Float32Array | number): Float32Array {
  return latents.map((value, i) => {
    const weight = mask[i % mask.length];
    return (1 - weight) * value + weight * (typeof content === "number" ? content : content[i]);
  });
}

/** The autoencoder's posterior for a picture [1,C,H,W]: ε [1,C,h,w] → latents z = mean + σ·ε in the diffusion model's scale. */
export async function encodePosterior(
  networks: Networks,
  picture: Tensor,
  signal: AbortSignal,
): Promise<(epsilon: Float32Array) => Float32Array> {
  const { vae } = networks.configs;
  const { mean, logVariance } = await (await networks.get("encoder", signal)).run({ image: picture }, { signal });
  return (epsilon) =>
    mean.data.map(
      // log σ² is limited to [-30, 20].
      (m, i) =>
        (m + Math.exp(0.5 * Math.min(Math.max(logVariance.data[i], -30), 20)) * epsilon[i] - vae.shiftFactor) *
        vae.scalingFactor,
    );
}
