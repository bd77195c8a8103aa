// A guide drawn by hand: white on black.

import { useSignal } from "@preact/signals";
import { useCallback } from "preact/hooks";
import { StrokeLayer } from "../canvas/stroke-layer.tsx";
import { strokesFile } from "../canvas/strokes-file.ts";
import { after, historyOf, redone, undone } from "../canvas/history.ts";
import { isDrawn } from "../canvas/strokes.ts";
import type { Stroke } from "../canvas/strokes.ts";
import { createSettings } from "../state/create-settings.ts";
import { useKey } from "../shell/keys.ts";
import { text } from "../text/text.ts";
import { BusyButton } from "../ui/busy-button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Icon } from "../ui/icon.tsx";

const usualSide = 512;

/** The dialog; the drawing is as large as the picture that Create would make. */
export function SketchDialog({ onClose, onDrawn }: { onClose: () => void; onDrawn: (file: Blob) => Promise<void> }) {
  const t = text.value;
  const history = useSignal(historyOf<readonly Stroke[]>([]));
  const tool = useSignal<"brush" | "eraser">("brush");
  const { width = usualSide, height = usualSide } = createSettings.value;
  const strokes = history.value.present;
  useKey(
    "undo",
    useCallback(() => (history.value = undone(history.value)), [history]),
  );
  useKey(
    "redo",
    useCallback(() => (history.value = redone(history.value)), [history]),
  );
  // Lines of drawings are thin; the eraser takes more.
  const size = (tool.value === "brush" ? 0.012 : 0.06) * Math.max(width, height);
  return (
    <Dialog title={t.guide.draw} wide onClose={onClose}>
      <div class="stack">
        <div class="row">
          {(["brush", "eraser"] as const).map((id) => (
            <button
              key={id}
              type="button"
              class="button small"
              aria-pressed={tool.value === id}
              onClick={() => (tool.value = id)}
            >
              <Icon name={id} />
              {t.canvas.toolNames[id]}
            </button>
          ))}
          <button
            type="button"
            class="button quiet small"
            disabled={history.value.past.length === 0}
            onClick={() => (history.value = undone(history.value))}
          >
            <Icon name="undo" />
            {t.canvas.undo}
          </button>
          <span class="grow" />
          <BusyButton
            class="button primary"
            isDisabled={!isDrawn(strokes)}
            act={async () => onDrawn(await strokesFile(strokes, { width, height }))}
          >
            <Icon name="check" />
            {t.guide.use}
          </BusyButton>
        </div>
        <div class="sketch" style={{ aspectRatio: `${width} / ${height}` }}>
          <StrokeLayer
            width={width}
            height={height}
            strokes={strokes}
            tool={tool.value}
            size={size}
            colour="#fff"
            label={t.guide.draw}
            onStroke={(stroke) => (history.value = after(history.value, [...history.value.present, stroke]))}
          />
        </div>
      </div>
    </Dialog>
  );
}
