// A picture of the model's, drawn: small ones are enlarged without blur, transparent ones stand on squares.

import type { Image } from "@noisette/core/image/image";
import { useLayoutEffect, useRef } from "preact/hooks";

/** The picture, called `label`; an empty frame of the same shape while there is none. */
export function Picture({ image, label, sharp = false }: { image: Image | undefined; label: string; sharp?: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (image === undefined || canvas.current === null) return;
    canvas.current.width = image.width;
    canvas.current.height = image.height;
    canvas.current.getContext("2d")!.putImageData(imageDataOf(image), 0, 0);
  }, [image]);
  if (image === undefined) return <div class="picture awaited" role="img" aria-label={label} />;
  return (
    <canvas
      ref={canvas}
      class={`picture checkered${sharp ? " sharp" : ""}`}
      style={{ aspectRatio: `${image.width} / ${image.height}` }}
      role="img"
      aria-label={label}
    />
  );
}

/** `image` as canvases take it. */
function imageDataOf({ width, height, channels, data }: Image): ImageData {
  const pixels = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < channels; c++) pixels.data[4 * i + c] = data[channels * i + c];
    if (channels === 3) pixels.data[4 * i + 3] = 255;
  }
  return pixels;
}

/** The picture in `source`, brought to `size` with the whole of it inside, on `ground` where there is one. */
export function imageOf(
  source: CanvasImageSource & { readonly width: number; readonly height: number },
  size: { readonly width: number; readonly height: number },
  ground?: string,
): Image {
  const canvas = new OffscreenCanvas(size.width, size.height);
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  if (ground !== undefined) {
    context.fillStyle = ground;
    context.fillRect(0, 0, size.width, size.height);
  }
  const scale = Math.min(size.width / source.width, size.height / source.height);
  const [width, height] = [source.width * scale, source.height * scale];
  context.imageSmoothingQuality = "high";
  context.drawImage(source, (size.width - width) / 2, (size.height - height) / 2, width, height);
  const { data } = context.getImageData(0, 0, size.width, size.height);
  return { ...size, channels: 4, data: new Uint8Array(data.buffer) };
}
