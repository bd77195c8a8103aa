// What a network will see of a picture: the annotator runs here too.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { AnnotatorId } from "@noisette/core/image/annotators/index";
import { text } from "../text/text.ts";
import { ProblemNote } from "../ui/problem-note.tsx";

// Enough to see what comes of it, and quick.
const longestSide = 384;

/** The control picture that `annotator` makes of the picture at `address`. */
export function AnnotatorPreview({ address, annotator }: { address: string; annotator: AnnotatorId }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const problem = useSignal<unknown>(undefined);
  useEffect(() => {
    let isLatest = true;
    preview(address, annotator).then(
      (made) => {
        if (!isLatest) return;
        const shown = canvas.current!;
        shown.width = made.width;
        shown.height = made.height;
        shown.getContext("2d")!.putImageData(made, 0, 0);
        problem.value = undefined;
      },
      (error: unknown) => {
        if (isLatest) problem.value = error;
      },
    );
    return () => {
      isLatest = false;
    };
  }, [address, annotator]);
  return (
    <>
      <canvas ref={canvas} class="guide-preview" role="img" aria-label={text.value.guide.preview} />
      <ProblemNote error={problem.value} />
    </>
  );
}

async function preview(address: string, annotator: AnnotatorId): Promise<ImageData> {
  const [bitmap, { annotate }] = await Promise.all([
    fetch(address)
      .then((response) => response.blob())
      .then(createImageBitmap),
    import("@noisette/core/image/annotators/index"),
  ]);
  const scale = Math.min(1, longestSide / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(scale * bitmap.width));
  const height = Math.max(1, Math.round(scale * bitmap.height));
  const surface = new OffscreenCanvas(width, height).getContext("2d")!;
  surface.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const rgba = surface.getImageData(0, 0, width, height).data;
  const made = annotate(annotator, { width, height, channels: 4, data: new Uint8Array(rgba.buffer) });
  const shown = new ImageData(made.width, made.height);
  for (let i = 0; i < made.width * made.height; i++) {
    for (let c = 0; c < 3; c++) shown.data[4 * i + c] = made.data[made.channels * i + c];
    shown.data[4 * i + 3] = 255;
  }
  return shown;
}
