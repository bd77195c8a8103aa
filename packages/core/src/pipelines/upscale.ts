// Pictures enlarged by a super-resolution network, in tiles that each see more than they keep, so that no seam shows.

import { upscalerOf } from "../checkpoints/names/esrgan.ts";
import { readWeights } from "../checkpoints/weights-file.ts";
import { bleedColors } from "../image/bleed.ts";
import type { Image } from "../image/image.ts";
import { upscalerGraph } from "../models/upscaler.ts";
import type { UpscalerConfig } from "../models/upscaler.ts";
import type { Engine, Network } from "../runtime/engine.ts";
import type { StoredTensors } from "../tensor/stored.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";

/** How to enlarge a picture. */
export interface UpscaleOptions {
  /** Side of a tile in pixels of the picture; a picture that is no larger is enlarged whole. */
  readonly tile?: number;
  /** Pixels around a tile that the network sees besides. From its receptive field on (18 for Real-ESRGAN's small models) tiles give the same as the whole. */
  readonly overlap?: number;
  readonly signal?: AbortSignal;
  /** Called after each tile. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** An upscaler that is loaded. */
export interface LoadedUpscaler {
  readonly config: UpscalerConfig;
  /** How much larger pictures become. */
  readonly scale: number;
  upscale(image: Image, options?: UpscaleOptions): Promise<Image>;
  unload(): Promise<void>;
}

/** An upscaler's files. */
export interface UpscalerFiles {
  readonly config: UpscalerConfig;
  /** Under the names of its graph. */
  readonly tensors: StoredTensors;
}

/** The ESRGAN or Real-ESRGAN network in a file (.pth or .safetensors). Throws when there is none, or it is not for RGB pictures. */
export async function readUpscaler(path: string): Promise<UpscalerFiles> {
  const files = upscalerOf((await readWeights(path)).tensors, path);
  const { imageChannels } = files.config;
  if (imageChannels !== 3)
    throw new Error(`Cannot load "${path}": it takes pictures of ${imageChannels} channels (3 are wanted)`);
  return files;
}

/** Loads the upscaler in a file. Throws like `readUpscaler`. */
export async function loadUpscaler(engine: Engine, path: string): Promise<LoadedUpscaler> {
  const { config, tensors } = await readUpscaler(path);
  const network = await engine.load(upscalerGraph(config), tensors, { source: path });
  return {
    config,
    scale: config.scale,
    upscale: (image, options) => upscale(network, config, image, options),
    unload: () => network.unload(),
  };
}

/** `image`, `config.scale` times as large. Transparency is enlarged by the same network, as a grey picture. */
export async function upscale(
  network: Network,
  config: UpscalerConfig,
  image: Image,
  { tile = 256, overlap = 24, signal, onProgress }: UpscaleOptions = {},
): Promise<Image> {
  const { scale } = config;
  // Tiles begin on the squares of pixels that the network may take together.
  const unit = config.kind === "rrdb" ? config.unshuffle : 1;
  const [step, margin] = [tile, overlap].map((size) => Math.ceil(size / unit) * unit);
  const { width, height, channels } = image;
  const source = bleedColors(image);
  const data = new Uint8Array(width * height * scale * scale * channels);
  const starts = (size: number) => Array.from({ length: Math.ceil(size / step) }, (_, i) => i * step);
  const tiles = starts(height).flatMap((top) => starts(width).map((left) => ({ top, left })));
  for (const [i, { top, left }] of tiles.entries()) {
    const [y, x] = [Math.max(0, top - margin), Math.max(0, left - margin)];
    const bottom = Math.min(height, top + step + margin);
    const right = Math.min(width, left + step + margin);
    const seen = planes(source, { top: y, left: x, height: bottom - y, width: right - x, unit });
    const { upscaled } = await network.run({ image: seen }, { signal });
    paste(upscaled, data, {
      channels,
      stride: width * scale,
      from: { top: (top - y) * scale, left: (left - x) * scale },
      to: { top: top * scale, left: left * scale },
      height: Math.min(step, height - top) * scale,
      width: Math.min(step, width - left) * scale,
    });
    onProgress?.({ done: i + 1, total: tiles.length });
  }
  return { width: width * scale, height: height * scale, channels, data };
}

interface Window {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
  /** Sizes are rounded up to multiples of it; edges repeat. */
  readonly unit: number;
}

/** Part of a picture → [1,3,H,W] in [0,1]; with transparency [2,3,H,W], the second its grey. */
function planes({ width, height, channels, data }: Image, window: Window): Tensor {
  const [rows, columns] = [window.height, window.width].map((size) => Math.ceil(size / window.unit) * window.unit);
  const out = tensor([channels === 4 ? 2 : 1, 3, rows, columns]);
  for (let plane = 0; plane < out.dims[0] * 3; plane++) {
    const channel = Math.min(plane, 3);
    for (let row = 0; row < rows; row++) {
      const y = Math.min(window.top + row, height - 1);
      for (let column = 0; column < columns; column++) {
        const x = Math.min(window.left + column, width - 1);
        out.data[(plane * rows + row) * columns + column] = data[(y * width + x) * channels + channel] / 255;
      }
    }
  }
  return out;
}

interface Placement {
  readonly channels: number;
  /** Pixels in a row of the picture. */
  readonly stride: number;
  readonly from: { readonly top: number; readonly left: number };
  readonly to: { readonly top: number; readonly left: number };
  readonly height: number;
  readonly width: number;
}

/** Writes a part of a network's result into the picture's bytes; transparency is the mean of its grey. */
function paste(
  { dims, data: values }: Tensor,
  data: Uint8Array,
  { channels, stride, from, to, height, width }: Placement,
) {
  const [, , rows, columns] = dims;
  const value = (plane: number, y: number, x: number) =>
    values[(plane * rows + from.top + y) * columns + from.left + x];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = ((to.top + y) * stride + to.left + x) * channels;
      for (let c = 0; c < 3; c++) data[at + c] = byte(value(c, y, x));
      if (channels === 4) data[at + 3] = byte((value(3, y, x) + value(4, y, x) + value(5, y, x)) / 3);
    }
  }
}

const byte = (value: number): number => Math.round(Math.min(Math.max(value, 0), 1) * 255);
