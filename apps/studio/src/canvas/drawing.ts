// What is drawn on the canvas now: strokes and frame, with all that came before; tools and settings of the screen.

import { computed, effect, signal } from "@preact/signals";
import { canvasSource, canvasTask } from "../state/canvas-source.ts";
import type { CanvasSettings } from "./canvas-request.ts";
import { noFrame } from "./frame.ts";
import type { Frame } from "./frame.ts";
import { after, historyOf, redone, undone } from "./history.ts";
import type { Stroke } from "./strokes.ts";

/** What undo goes back over. */
export interface Drawing {
  readonly strokes: readonly Stroke[];
  readonly frame: Frame;
}

const blank: Drawing = { strokes: [], frame: noFrame };
const history = signal(historyOf(blank));

/** What is drawn. */
export const drawing = computed(() => history.value.present);

/** Whether there is something to go back to, and to go on to. */
export const canUndo = computed(() => history.value.past.length > 0);
export const canRedo = computed(() => history.value.future.length > 0);

/** Does something that can be undone. */
export function draw(change: Partial<Drawing>): void {
  history.value = after(history.value, { ...drawing.value, ...change });
}

/** One step back. */
export function undo(): void {
  history.value = undone(history.value);
}

/** One step on. */
export function redo(): void {
  history.value = redone(history.value);
}

/** What pointers draw with. */
export const tool = signal<Stroke["tool"]>("brush");

/** Diameter of brush and eraser, as part of the picture's longer side. */
export const brushSize = signal(0.08);

/** The settings of the screen. */
export const canvasSettings = signal<CanvasSettings>({
  prompt: "",
  negativePrompt: "",
  strength: 0.6,
  count: 2,
  feather: 4,
  onlyMasked: false,
  fill: "original",
});

/** Changes some of them. */
export function changeCanvas(change: Partial<CanvasSettings>): void {
  canvasSettings.value = { ...canvasSettings.value, ...change };
}

/** How much is usually made anew for each task. */
const usualStrength = { whole: 0.6, part: 0.8, around: 0.9 } as const;

// Another picture begins a new drawing, with the prompt it was made with.
effect(() => {
  const source = canvasSource.value;
  if (source === undefined) return;
  history.value = historyOf(blank);
  const { prompt, negativePrompt, model } = source;
  canvasSettings.value = { ...canvasSettings.peek(), prompt, negativePrompt, model };
});
effect(() => {
  canvasSettings.value = { ...canvasSettings.peek(), strength: usualStrength[canvasTask.value] };
});
