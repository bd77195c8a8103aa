// The frame around the picture: its sides and corners are dragged outwards; arrow keys do the same.

import { useRef } from "preact/hooks";
import { text } from "../text/text.ts";
import { draw, drawing } from "./drawing.ts";
import { frameStep, sides, withSide } from "./frame.ts";
import type { Frame, Side } from "./frame.ts";

const corners: readonly (readonly [Side, Side])[] = [
  ["left", "top"],
  ["right", "top"],
  ["left", "bottom"],
  ["right", "bottom"],
];

/** Signs of a movement outwards. */
const outwards: Readonly<Record<Side, readonly [x: number, y: number]>> = {
  left: [-1, 0],
  right: [1, 0],
  top: [0, -1],
  bottom: [0, 1],
};
const keyMoves: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The handles; `pixelsPerPoint` are the picture's pixels in one of the screen's. */
export function FrameLayer({ pixelsPerPoint, onDrag }: { pixelsPerPoint: number; onDrag: (frame?: Frame) => void }) {
  const t = text.value.canvas;
  const start = useRef<{ x: number; y: number; frame: Frame; scale: number } | undefined>(undefined);
  const latest = useRef<Frame | undefined>(undefined);
  const { frame } = drawing.value;

  const drag = (moved: readonly Side[]) => ({
    onPointerDown(event: PointerEvent) {
      event.preventDefault();
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
      // The picture shrinks as the frame grows: the scale is the one at the start.
      start.current = { x: event.clientX, y: event.clientY, frame, scale: pixelsPerPoint };
    },
    onPointerMove(event: PointerEvent) {
      if (start.current === undefined) return;
      const { x, y, frame, scale } = start.current;
      const [dx, dy] = [scale * (event.clientX - x), scale * (event.clientY - y)];
      latest.current = moved.reduce(
        (result, side) => withSide(result, side, frame[side] + outwards[side][0] * dx + outwards[side][1] * dy),
        frame,
      );
      onDrag(latest.current);
    },
    onPointerUp() {
      if (latest.current !== undefined) draw({ frame: latest.current });
      start.current = latest.current = undefined;
      onDrag(undefined);
    },
  });

  return (
    <>
      {sides.map((side) => (
        <div
          key={side}
          class={`frame-handle side-${side}`}
          role="slider"
          tabIndex={0}
          aria-label={t.sides[side]}
          aria-orientation={side === "left" || side === "right" ? "horizontal" : "vertical"}
          aria-valuemin={0}
          aria-valuemax={2048}
          aria-valuenow={frame[side]}
          aria-valuetext={t.pixels(frame[side])}
          onKeyDown={(event) => {
            const move = keyMoves[event.key];
            if (move === undefined) return;
            event.preventDefault();
            const [x, y] = outwards[side];
            const by = frameStep * (event.shiftKey ? 8 : 1) * (x * move[0] + y * move[1]);
            if (by !== 0) draw({ frame: withSide(frame, side, frame[side] + by) });
          }}
          {...drag([side])}
        />
      ))}
      {corners.map(([side, other]) => (
        <div
          key={side + other}
          class={`frame-handle corner side-${side} side-${other}`}
          aria-hidden="true"
          {...drag([side, other])}
        />
      ))}
    </>
  );
}
