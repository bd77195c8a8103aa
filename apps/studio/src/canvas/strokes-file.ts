// A drawing as a picture that jobs take: white on black. A mask is painted anew where it is white; a guide is followed there.

import { drawStrokes } from "./strokes.ts";
import type { Stroke } from "./strokes.ts";

/** A PNG of the picture's size. */
export async function strokesFile(
  strokes: readonly Stroke[],
  { width, height }: { width: number; height: number },
): Promise<Blob> {
  const drawn = new OffscreenCanvas(width, height);
  drawStrokes(drawn.getContext("2d")! as unknown as CanvasRenderingContext2D, strokes, {
    width,
    height,
    colour: "#fff",
  });
  const file = new OffscreenCanvas(width, height);
  const surface = file.getContext("2d")!;
  surface.fillStyle = "#000";
  surface.fillRect(0, 0, width, height);
  surface.drawImage(drawn, 0, 0);
  return file.convertToBlob({ type: "image/png" });
}
