// How well an autoencoder gives pictures back: each encoded to the mean of its latents, decoded, and compared as 8-bit
// pictures. Those with transparency are compared as they are seen on white, and their alpha by itself.

import { graphOf } from "../graph/graph.ts";
import { symbol } from "../graph/dim.ts";
import { input } from "../graph/ops/source.ts";
import { parameters } from "../graph/params.ts";
import { cropImage } from "../image/compose.ts";
import type { Image } from "../image/image.ts";
import { overGround } from "../image/over-ground.ts";
import type { Engine, Network } from "../runtime/engine.ts";
import { fittedPicture, picturesFromTensor, pictureTensor } from "../training/pictures.ts";
import { readAutoencoder } from "../training/trainers/autoencoder-files.ts";
import { readPerceptual } from "../training/trainers/perceptual.ts";
import type { Pictures } from "./picture-features.ts";
import { psnr } from "./psnr.ts";
import { ssim } from "./ssim.ts";

/** Means over the pictures. */
export interface AutoencoderReport {
  readonly pictures: number;
  readonly className: string;
  /** Pixels a side per latent, and channels of the latents. */
  readonly factor: number;
  readonly latentChannels: number;
  /** Of the colours, in dB. */
  readonly psnr: number;
  /** Of alpha, in dB; of autoencoders with transparency only. */
  readonly alphaPsnr?: number;
  readonly ssim: number;
  /** With LPIPS' weights only. */
  readonly lpips?: number;
  /** Of autoencoders with a codebook only. */
  readonly codebook?: CodebookUse;
}

/** How the pictures use a codebook. */
export interface CodebookUse {
  readonly codes: number;
  /** Codes that stand for some place of some picture. */
  readonly used: number;
  /** The number of codes that would tell as much if all were used alike: e to the entropy of their shares. */
  readonly perplexity: number;
}

/** How to measure. */
export interface AutoencoderReportOptions {
  /** Folder or file of the autoencoder. */
  readonly model: string;
  /** Files of LPIPS: one, or torchvision's VGG16 and the heads. */
  readonly lpips?: readonly string[];
  /** Side that pictures are brought to; their own by default, without what is left over at the edges. */
  readonly size?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

const codebookName = "quantize.embedding.weight";

/** Measures. Throws Error when the autoencoder cannot be read or a picture is smaller than one latent. */
export async function autoencoderReport(
  engine: Engine,
  pictures: Pictures,
  { model, lpips: lpipsFiles, size, signal, onProgress }: AutoencoderReportOptions,
): Promise<AutoencoderReport> {
  const files = await readAutoencoder(model);
  const { className, factor, latentChannels, imageChannels } = files;
  const open: Network[] = [];
  const load = async (graph: Network | Promise<Network>) => {
    open.push(await graph);
    return open[open.length - 1];
  };
  const sums: Record<string, number> = {};
  const uses = new Map<number, number>();
  const add = (name: string, value: number) => (sums[name] = (sums[name] ?? 0) + value);
  try {
    const encoder = await load(engine.load(files.encoder, files.tensors, { source: files.path }));
    const decoder = await load(engine.load(files.decoder, files.tensors, { source: files.path }));
    const perceptual = lpipsFiles && (await load(loadPerceptual(engine, lpipsFiles, size ?? 64)));
    for (let i = 0; i < pictures.length; i++) {
      signal?.throwIfAborted();
      const { image: whole } = await pictures.read(i);
      const image =
        size === undefined
          ? wholeLatents(whole, factor, pictures.name)
          : fittedPicture(whole, { width: size, height: size }, "crop");
      const given = pictureTensor([image], { channels: imageChannels });
      const encoded = await encoder.run({ image: given }, { signal });
      const latents = encoded.mean ?? encoded.latents;
      const { image: decoded, indices } = await decoder.run({ latents }, { signal });
      for (const index of indices?.data ?? []) uses.set(Number(index), (uses.get(Number(index)) ?? 0) + 1);
      const [before] = picturesFromTensor(given);
      const [after] = picturesFromTensor(decoded);
      const seen = [before, after].map((one) => overGround(one)) as [Image, Image];
      add("psnr", psnr(...seen));
      add("ssim", ssim(...seen));
      if (imageChannels === 4) add("alphaPsnr", psnr(alphaOf(before), alphaOf(after)));
      if (perceptual !== undefined) {
        const [a, b] = seen.map((one) => pictureTensor([one], { channels: 3 }));
        add("lpips", (await perceptual.run({ a, b }, { signal })).distance.data[0]);
      }
      onProgress?.(i + 1, pictures.length);
    }
  } finally {
    for (const network of open) await network.unload();
  }
  if (pictures.length === 0) throw new Error(`Cannot measure "${pictures.name}": it has no pictures`);
  const means = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / pictures.length]));
  return {
    pictures: pictures.length,
    className,
    factor,
    latentChannels,
    ...(means as { psnr: number; ssim: number }),
    ...(uses.size > 0 && { codebook: codebookUse([...uses.values()], files.tensors.get(codebookName)!.dims[0]) }),
  };
}

/** From how often each code that was used was. */
export function codebookUse(counts: readonly number[], codes: number): CodebookUse {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const entropy = counts.reduce((sum, count) => sum - (count / total) * Math.log(count / total), 0);
  return { codes, used: counts.length, perplexity: Math.exp(entropy) };
}

async function loadPerceptual(engine: Engine, paths: readonly string[], size: number): Promise<Network> {
  const { tensors, source, distance } = await readPerceptual({ kind: "lpips", path: [...paths] }, size);
  const dims = [symbol("batch"), 3, symbol("height"), symbol("width")];
  const graph = graphOf("lpips", { distance: distance(parameters(), input("a", dims), input("b", dims)) });
  return engine.load(graph, tensors, { source });
}

/** The middle of `image`, a whole number of latents wide and high. */
function wholeLatents(image: Image, factor: number, name: string): Image {
  const [width, height] = [image.width, image.height].map((side) => side - (side % factor));
  if (width === 0 || height === 0)
    throw new RangeError(
      `Cannot encode a picture of "${name}": it is ${image.width}×${image.height} (at least ${factor}×${factor} is wanted)`,
    );
  if (width === image.width && height === image.height) return image;
  return cropImage(image, {
    left: Math.floor((image.width - width) / 2),
    top: Math.floor((image.height - height) / 2),
    width,
    height,
  });
}

/** Alpha as a grey picture. */
function alphaOf({ width, height, data }: Image): Image {
  const out = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) out.fill(data[4 * i + 3], 3 * i, 3 * i + 3);
  return { width, height, channels: 3, data: out };
}
