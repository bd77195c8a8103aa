// The picture that a control follows: brought to a run's size, annotated, as the network takes it.

import type { AnnotatorId } from "../image/annotators/index.ts";
import { annotate } from "../image/annotators/index.ts";
import { withChannels } from "../image/channels.ts";
import { fittedArea, partOfImage, pasted } from "../image/compose.ts";
import type { Image } from "../image/image.ts";
import { resizeImage } from "../image/resize.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** How a picture of another shape comes to a size: A1111's "Just Resize", "Crop and Resize" and "Resize and Fill". */
export type ControlFit = "stretch" | "crop" | "fill";

/** A picture in a run's size, and what the user should know of that. */
export interface FittedPicture {
  readonly image: Image;
  readonly note?: string;
}

/**
 * `image` in `size`, by Lanczos's filter where it has another one. Throws RangeError when it has another shape, by more than
 * rounding, and there is no `fit`.
 */
export function fittedControl(image: Image, size: Size, fit: ControlFit | undefined): FittedPicture {
  const { width, height } = size;
  if (image.width === width && image.height === height) return { image };
  const { width: fullWidth, height: fullHeight } = fittedArea(image, size, "crop");
  const isSameShape = fullWidth === image.width && fullHeight === image.height;
  if (!isSameShape && fit === undefined) {
    throw new RangeError(
      `Cannot follow a control picture of ${image.width}×${image.height}: the shape of ${width}×${height} is wanted (or fit: stretch, crop or fill)`,
    );
  }
  const way = isSameShape || fit === undefined ? "stretch" : fit;
  return {
    image: way === "fill" ? filledUp(image, size) : partOfImage(image, fittedArea(image, size, way), size),
    note: `control picture of ${image.width}×${image.height} resized to ${width}×${height}${isSameShape ? "" : ` (${way})`}`,
  };
}

/** `image` as large as it fits into `size`, in its middle; around it the median of its border's colours. */
function filledUp(image: Image, { width, height }: Size): Image {
  const scale = Math.min(width / image.width, height / image.height);
  const inner = resizeImage(image, {
    width: Math.min(Math.max(Math.round(image.width * scale), 1), width),
    height: Math.min(Math.max(Math.round(image.height * scale), 1), height),
  });
  const { channels } = inner;
  const color = borderColor(image);
  const data = new Uint8Array(width * height * channels).map((_, i) => color[i % channels]);
  const place = { left: Math.floor((width - inner.width) / 2), top: Math.floor((height - inner.height) / 2) };
  return pasted(inner, { width, height, channels, data }, place);
}

function borderColor({ width, height, channels, data }: Image): number[] {
  const values: number[][] = Array.from({ length: channels }, () => []);
  for (let y = 0; y < height; y++) {
    const isEdge = y === 0 || y === height - 1;
    for (let x = 0; x < width; x += isEdge || width === 1 ? 1 : width - 1)
      for (let c = 0; c < channels; c++) values[c].push(data[(y * width + x) * channels + c]);
  }
  return values.map((list) => list.sort((a, b) => a - b)[list.length >> 1]);
}

/** What a network sees: [1,channels,H,W] in [0,1], of one channel the grey that Pillow makes. Transparency is left aside. */
export function controlTensor(
  image: Image,
  { channels, blueFirst = false }: { readonly channels: number; readonly blueFirst?: boolean },
): Tensor {
  const { width, height, data } = withChannels(image, 3);
  const plane = width * height;
  const out = tensor([1, channels, height, width]);
  for (let i = 0; i < plane; i++) {
    const [red, green, blue] = data.subarray(3 * i, 3 * i + 3);
    // Weights of 16 bits, as in Pillow's convert("L").
    const colors =
      channels === 1
        ? [(19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16]
        : blueFirst
          ? [blue, green, red]
          : [red, green, blue];
    for (let c = 0; c < channels; c++) out.data[c * plane + i] = colors[c] / 255;
  }
  return out;
}

/** A control's picture in `size`: fitted, and drawn by its annotator as it is there. */
export function controlPicture(image: Image, size: Size, how: ControlPictureOptions): FittedPicture {
  const { image: fitted, note } = fittedControl(image, size, how.fit);
  return { image: annotate(how.annotator, fitted, how.annotatorOptions), note };
}

/** How a control picture is made. */
export interface ControlPictureOptions {
  readonly fit?: ControlFit;
  readonly annotator: AnnotatorId;
  readonly annotatorOptions?: Readonly<Record<string, unknown>>;
}
