// A surface to draw on by mouse, pen or finger.

import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { drawStroke, drawStrokes } from "./strokes.ts";
import type { Point, Stroke } from "./strokes.ts";
import "./stroke-layer.css";

/** A surface of `width`×`height` pixels that shows `strokes`; a finished one is handed to `onStroke`. */
export function StrokeLayer({
  width,
  height,
  strokes,
  tool,
  size,
  colour,
  label,
  onStroke,
}: {
  width: number;
  height: number;
  strokes: readonly Stroke[];
  tool: Stroke["tool"];
  /** Diameter of brush and eraser, in pixels of the surface. */
  size: number;
  colour: string;
  label: string;
  onStroke: (stroke: Stroke) => void;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const stroke = useRef<Stroke | undefined>(undefined);
  const cursor = useSignal<Point | undefined>(undefined);

  useLayoutEffect(() => {
    drawStrokes(canvas.current!.getContext("2d")!, strokes, { width, height, colour });
  }, [strokes, width, height, colour]);
  // A stroke that the screen is left with is not lost.
  useEffect(() => () => finish(), []);

  const placeOf = (event: PointerEvent): Point => {
    const { left, top, width: shown } = canvas.current!.getBoundingClientRect();
    const scale = width / shown;
    return [(event.clientX - left) * scale, (event.clientY - top) * scale];
  };
  const move = (event: PointerEvent) => {
    cursor.value = placeOf(event);
    if (stroke.current === undefined) return;
    // A fast pen reports several places at once.
    const events = event.getCoalescedEvents?.() ?? [];
    const points = (events.length === 0 ? [event] : events).map(placeOf);
    const last = stroke.current.points.at(-1)!;
    stroke.current = { ...stroke.current, points: [...stroke.current.points, ...points] };
    const surface = canvas.current!.getContext("2d")!;
    if (stroke.current.tool === "lasso") drawStrokes(surface, [...strokes, stroke.current], { width, height, colour });
    else drawStroke(surface, { ...stroke.current, points: [last, ...points] }, colour);
  };
  const finish = () => {
    if (stroke.current === undefined) return;
    const finished = stroke.current;
    stroke.current = undefined;
    onStroke(finished);
  };

  const [x, y] = cursor.value ?? [0, 0];
  return (
    <div class="mask-layer">
      <canvas
        ref={canvas}
        width={width}
        height={height}
        class={`mask tool-${tool}`}
        role="img"
        aria-label={label}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.preventDefault();
          canvas.current!.setPointerCapture(event.pointerId);
          stroke.current = { tool, size, points: [placeOf(event)] };
          drawStroke(canvas.current!.getContext("2d")!, stroke.current, colour);
        }}
        onPointerMove={move}
        onPointerUp={finish}
        onPointerCancel={finish}
        onPointerLeave={() => (cursor.value = undefined)}
      />
      {cursor.value !== undefined && tool !== "lasso" && (
        <div
          class="brush-cursor"
          style={{
            left: `${(100 * x) / width}%`,
            top: `${(100 * y) / height}%`,
            width: `${(100 * size) / width}%`,
          }}
        />
      )}
    </div>
  );
}
