// Pictures as conditions: what the network sees beside the noise, for super-resolution (latent diffusion, arXiv 2112.10752, §4.4:
// the smaller picture) and inpainting (Stable Diffusion inpainting: a mask, and the picture or its latents outside of it).

import { resizeImage } from "../../image/resize.ts";
import type { Image } from "../../image/image.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { TorchGenerator } from "../../util/rng/torch-generator.ts";
import type { DiffusionRecipe } from "../recipe/diffusion.ts";
import { pictureTensor } from "../pictures.ts";

/** What an image condition is made of. */
export interface ConditionedBatch {
  /** Pictures of one shape, as large as what is learnt is decoded to. */
  readonly pictures: readonly Image[];
  /** Channels of the pictures. */
  readonly channels: 1 | 3 | 4;
  /** Height and width of what is learnt. */
  readonly size: readonly [height: number, width: number];
  readonly draws: TorchGenerator;
  /** Pictures [N,C,H,W] to scaled latents; pixels stay as they are. */
  readonly encode: (pictures: Tensor) => Promise<Tensor>;
}

/** One kind of condition. */
export interface ImageCondition {
  /** Channels the network sees more; `learnt` are those of what it learns, `picture` those of pictures. */
  channels(of: { learnt: number; picture: number }): number;
  /** [N,C',h,w]. */
  see(batch: ConditionedBatch): Promise<Tensor>;
}

/** The condition of a recipe. */
export function imageCondition(image: NonNullable<DiffusionRecipe["image"]>): ImageCondition {
  return image.kind === "super-resolution" ? superResolution(image.factor) : inpainting;
}

const superResolution = (factor: number): ImageCondition => ({
  channels: ({ picture }) => picture,
  async see({ pictures, channels, size: [height, width] }) {
    const seen = pictures.map((picture) => {
      const small = {
        width: Math.max(1, Math.round(picture.width / factor)),
        height: Math.max(1, Math.round(picture.height / factor)),
      };
      return resizeImage(resizeImage(picture, { ...small, filter: "bicubic" }), { width, height, filter: "bicubic" });
    });
    return pictureTensor(seen, { channels });
  },
});

const inpainting: ImageCondition = {
  channels: ({ learnt }) => 1 + learnt,
  async see({ pictures, channels, size: [height, width], draws, encode }) {
    const whole = pictureTensor(pictures, { channels });
    const [count, , fullHeight, fullWidth] = whole.dims;
    const plane = fullHeight * fullWidth;
    const masks = Array.from({ length: count }, () => randomMask(fullHeight, fullWidth, draws));
    masks.forEach((mask, n) => {
      for (let c = 0; c < channels; c++)
        for (let i = 0; i < plane; i++) if (mask[i] === 1) whole.data[(n * channels + c) * plane + i] = 0;
    });
    const outside = await encode(whole);
    const seenChannels = 1 + outside.dims[1];
    const seen = tensor([count, seenChannels, height, width]);
    const area = height * width;
    masks.forEach((mask, n) => {
      const start = n * seenChannels * area;
      // The nearest pixel of the mask, as Stable Diffusion's pipelines make it smaller.
      for (let y = 0; y < height; y++) {
        const row = Math.floor((y * fullHeight) / height) * fullWidth;
        for (let x = 0; x < width; x++)
          seen.data[start + y * width + x] = mask[row + Math.floor((x * fullWidth) / width)];
      }
      const size = outside.dims[1] * area;
      seen.data.set(outside.data.subarray(n * size, (n + 1) * size), start + area);
    });
    return seen;
  },
};

/** A mask of one to four boxes, 1 where the picture is to be made; one in eight is of the whole picture. */
function randomMask(height: number, width: number, draws: TorchGenerator): Uint8Array {
  const mask = new Uint8Array(height * width);
  const [whole, boxes] = draws.rand(2);
  if (whole < 0.125) return mask.fill(1);
  for (let box = 0; box < 1 + Math.floor(boxes * 4); box++) {
    const [w, h, left, top] = draws.rand(4);
    const [boxWidth, boxHeight] = [w, h].map((share, i) => Math.ceil((0.1 + 0.5 * share) * (i === 0 ? width : height)));
    const [x0, y0] = [Math.floor(left * (width - boxWidth + 1)), Math.floor(top * (height - boxHeight + 1))];
    for (let y = y0; y < y0 + boxHeight; y++) mask.fill(1, y * width + x0, y * width + x0 + boxWidth);
  }
  return mask;
}
