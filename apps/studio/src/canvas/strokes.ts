// A mask as what was drawn: strokes of brush and eraser, outlines of the lasso, in the picture's pixels.

/** A place in the picture, in pixels. */
export type Point = readonly [x: number, y: number];

/** Something that was drawn. */
export interface Stroke {
  readonly tool: "brush" | "eraser" | "lasso";
  /** Diameter of brush and eraser. */
  readonly size: number;
  readonly points: readonly Point[];
}

/** What is painted on. */
export type Surface = Pick<
  CanvasRenderingContext2D,
  | "beginPath"
  | "moveTo"
  | "lineTo"
  | "stroke"
  | "fill"
  | "closePath"
  | "clearRect"
  | "lineWidth"
  | "lineCap"
  | "lineJoin"
  | "strokeStyle"
  | "fillStyle"
  | "globalCompositeOperation"
>;

/** Draws `strokes` in `colour` on a clear surface of `width`×`height`: opaque where to paint anew. */
export function drawStrokes(
  surface: Surface,
  strokes: readonly Stroke[],
  { width, height, colour }: { width: number; height: number; colour: string },
): void {
  surface.clearRect(0, 0, width, height);
  for (const stroke of strokes) drawStroke(surface, stroke, colour);
}

/** Draws one more. */
export function drawStroke(surface: Surface, { tool, size, points }: Stroke, colour: string): void {
  const [first, ...rest] = points;
  if (first === undefined) return;
  surface.globalCompositeOperation = tool === "eraser" ? "destination-out" : "source-over";
  surface.strokeStyle = colour;
  surface.fillStyle = colour;
  surface.lineCap = "round";
  surface.lineJoin = "round";
  surface.lineWidth = size;
  surface.beginPath();
  surface.moveTo(...first);
  // A touch without a movement is a dot.
  for (const point of rest.length === 0 ? [first] : rest) surface.lineTo(...point);
  if (tool === "lasso") {
    surface.closePath();
    surface.fill();
  } else surface.stroke();
}

/** Whether anything is drawn: an eraser alone leaves nothing. */
export const isDrawn = (strokes: readonly Stroke[]): boolean => strokes.some(({ tool }) => tool !== "eraser");
