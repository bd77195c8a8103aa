// The picture with its layers, as large as there is room for.

import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { canvasSource, canvasTask } from "../state/canvas-source.ts";
import { text } from "../text/text.ts";
import { brushSize, draw, drawing, tool } from "./drawing.ts";
import { framedSize, noFrame } from "./frame.ts";
import type { Frame } from "./frame.ts";
import { FrameLayer } from "./frame-layer.tsx";
import { StrokeLayer } from "./stroke-layer.tsx";

// Room around the frame for its handles.
const margin = 28;
/** Stands out from most pictures, and is laid over them half clear. */
const maskColour = "#ff2d6f";

/** The board; `onSize` is told the picture's size when it is known. */
export function Board({ onSize }: { onSize: (size: { width: number; height: number }) => void }) {
  const room = useRef<HTMLDivElement>(null);
  const space = useSignal({ width: 600, height: 400 });
  const picture = useSignal<{ width: number; height: number } | undefined>(undefined);
  const dragged = useSignal<Frame | undefined>(undefined);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([{ contentRect }]) => {
      space.value = { width: contentRect.width, height: contentRect.height };
    });
    observer.observe(room.current!);
    return () => observer.disconnect();
  }, [space]);

  const task = canvasTask.value;
  const { width, height } = picture.value ?? { width: 1, height: 1 };
  const frame = task === "around" ? (dragged.value ?? drawing.value.frame) : noFrame;
  const whole = framedSize(frame, { width, height });
  const inset = task === "around" ? margin : 0;
  const scale = Math.min(
    (space.value.width - 2 * inset) / whole.width,
    (space.value.height - 2 * inset) / whole.height,
  );
  const px = (pixels: number) => `${scale * pixels}px`;
  return (
    <div class="board" ref={room}>
      <div
        class="sheet checkered"
        style={{ width: px(whole.width), height: px(whole.height), visibility: picture.value ? "visible" : "hidden" }}
      >
        <div
          class="sheet-picture"
          style={{ left: px(frame.left), top: px(frame.top), width: px(width), height: px(height) }}
        >
          <img
            src={canvasSource.value!.address}
            alt={canvasSource.value!.prompt}
            draggable={false}
            class={scale > 2 ? "pixelated" : undefined}
            onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => {
              picture.value = { width: naturalWidth, height: naturalHeight };
              onSize(picture.value);
            }}
          />
          {task === "part" && picture.value && (
            <StrokeLayer
              {...picture.value}
              strokes={drawing.value.strokes}
              tool={tool.value}
              size={brushSize.value * Math.max(width, height)}
              colour={maskColour}
              label={text.value.canvas.mask}
              onStroke={(stroke) => draw({ strokes: [...drawing.peek().strokes, stroke] })}
            />
          )}
        </div>
        {task === "around" && <FrameLayer pixelsPerPoint={1 / scale} onDrag={(frame) => (dragged.value = frame)} />}
      </div>
      {task === "around" && (
        <p class="sheet-size hint" aria-live="polite">
          {whole.width} × {whole.height}
        </p>
      )}
    </div>
  );
}
