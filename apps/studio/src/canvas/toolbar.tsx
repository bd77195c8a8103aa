// The bars over the board: what to paint, with which tool, and the way back and on.

import type { ComponentChildren } from "preact";
import { useCallback } from "preact/hooks";
import { canvasTask } from "../state/canvas-source.ts";
import type { CanvasTask } from "../state/canvas-source.ts";
import { useKey } from "../shell/keys.ts";
import { text } from "../text/text.ts";
import { Icon } from "../ui/icon.tsx";
import type { IconName } from "../ui/icon.tsx";
import { brushSize, canRedo, canUndo, draw, drawing, redo, tool, undo } from "./drawing.ts";
import { noFrame } from "./frame.ts";
import type { Stroke } from "./strokes.ts";

const tasks: readonly (readonly [CanvasTask, IconName])[] = [
  ["whole", "init"],
  ["part", "brush"],
  ["around", "frame"],
];
const tools: readonly Stroke["tool"][] = ["brush", "eraser", "lasso"];

/** What to paint, and the way back and on; `children` stand at its end. */
export function TaskBar({ children }: { children: ComponentChildren }) {
  const t = text.value.canvas;
  useKey("undo", useCallback(undo, []));
  useKey("redo", useCallback(redo, []));
  const task = canvasTask.value;
  const isBlank = task === "part" ? drawing.value.strokes.length === 0 : drawing.value.frame === noFrame;
  return (
    <div class="toolbar" role="toolbar" aria-label={t.task}>
      <div class="segments" role="group" aria-label={t.task}>
        {tasks.map(([id, icon]) => (
          <button
            key={id}
            type="button"
            class="button small"
            aria-pressed={task === id}
            title={t.taskHints[id]}
            onClick={() => (canvasTask.value = id)}
          >
            <Icon name={icon} />
            {t.tasks[id]}
          </button>
        ))}
      </div>
      {task !== "whole" && (
        <div class="segments">
          <IconButton icon="undo" label={t.undo} isDisabled={!canUndo.value} onClick={undo} />
          <IconButton icon="redo" label={t.redo} isDisabled={!canRedo.value} onClick={redo} />
          <button
            type="button"
            class="button quiet small"
            disabled={isBlank}
            onClick={() => draw(task === "part" ? { strokes: [] } : { frame: noFrame })}
          >
            {t.clear}
          </button>
        </div>
      )}
      <div class="toolbar-end">{children}</div>
    </div>
  );
}

/** The tools for a mask on a picture of `size`; for other tasks what to do. */
export function MaskTools({ size }: { size: { width: number; height: number } }) {
  const t = text.value.canvas;
  const task = canvasTask.value;
  if (task !== "part")
    return (
      <div class="toolbar">
        <p class="hint">{t.taskHints[task]}</p>
      </div>
    );
  const everything = (): Stroke => ({
    tool: "lasso",
    size: 1,
    points: [
      [0, 0],
      [size.width, 0],
      [size.width, size.height],
      [0, size.height],
    ],
  });
  return (
    <div class="toolbar" role="toolbar" aria-label={t.tools}>
      <div class="segments" role="group" aria-label={t.tools}>
        {tools.map((id) => (
          <IconButton
            key={id}
            icon={id}
            label={t.toolNames[id]}
            isPressed={tool.value === id}
            onClick={() => (tool.value = id)}
          />
        ))}
      </div>
      <label class="row brush-size">
        {t.brushSize}
        <input
          type="range"
          min={0.01}
          max={0.4}
          step={0.01}
          value={brushSize.value}
          onInput={({ currentTarget }) => (brushSize.value = currentTarget.valueAsNumber)}
        />
      </label>
      <button
        type="button"
        class="button quiet small"
        onClick={() => draw({ strokes: [...drawing.value.strokes, everything()] })}
      >
        {t.maskAll}
      </button>
    </div>
  );
}

function IconButton({
  icon,
  label,
  isPressed,
  isDisabled = false,
  onClick,
}: {
  icon: IconName;
  label: string;
  isPressed?: boolean;
  isDisabled?: boolean;
  onClick: () => void;
}) {
  return (
    <button
      type="button"
      class={isPressed === undefined ? "button quiet small icon-only" : "button small icon-only"}
      aria-label={label}
      title={label}
      aria-pressed={isPressed}
      disabled={isDisabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}
