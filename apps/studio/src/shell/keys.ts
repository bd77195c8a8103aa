// The keys that do something, in one table; screens say what for as long as they are open.

import { useEffect } from "preact/hooks";

const isTyping = (event: KeyboardEvent) =>
  event.target instanceof HTMLElement &&
  event.target.matches("input:not([type=range]):not([type=checkbox]), textarea, select");
const plain = (event: KeyboardEvent) => !event.ctrlKey && !event.metaKey && !event.altKey;
const control = (event: KeyboardEvent) => (event.ctrlKey || event.metaKey) && !event.altKey;

const controlKey = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl";

/** What keys do: how a press is recognised, and how the keys are written. */
export const keyTable = {
  generate: { keys: [controlKey, "Enter"], matches: (event: KeyboardEvent) => control(event) && event.key === "Enter" },
  cancel: { keys: ["Esc"], matches: (event: KeyboardEvent) => plain(event) && event.key === "Escape" },
  undo: {
    keys: [controlKey, "Z"],
    matches: (event: KeyboardEvent) =>
      control(event) && !event.shiftKey && event.key.toLowerCase() === "z" && !isTyping(event),
  },
  redo: {
    keys: [controlKey, "Shift", "Z"],
    matches: (event: KeyboardEvent) =>
      control(event) && (event.shiftKey ? event.key.toLowerCase() === "z" : event.key === "y") && !isTyping(event),
  },
  previous: {
    keys: ["←"],
    matches: (event: KeyboardEvent) => plain(event) && event.key === "ArrowLeft" && !isTyping(event),
  },
  next: {
    keys: ["→"],
    matches: (event: KeyboardEvent) => plain(event) && event.key === "ArrowRight" && !isTyping(event),
  },
  search: { keys: ["/"], matches: (event: KeyboardEvent) => plain(event) && event.key === "/" && !isTyping(event) },
  keys: { keys: ["?"], matches: (event: KeyboardEvent) => plain(event) && event.key === "?" && !isTyping(event) },
} as const;

/** One of the things that keys do. */
export type KeyAction = keyof typeof keyTable;

const handlers = new Map<KeyAction, (() => void)[]>();

addEventListener("keydown", (event) => {
  // A dialog has its own Escape, and a list of completions takes its keys before they come here.
  if (event.defaultPrevented) return;
  for (const [action, { matches }] of Object.entries(keyTable) as [KeyAction, (typeof keyTable)[KeyAction]][]) {
    const handler = handlers.get(action)?.at(-1);
    if (handler === undefined || !matches(event)) continue;
    if (action === "cancel" && document.querySelector("dialog[open]") !== null) return;
    event.preventDefault();
    if (action === "generate") settleField();
    handler();
    return;
  }
});

/** Fields are read when they are left: one that is being written in is left for a moment. */
function settleField(): void {
  const field = document.activeElement;
  if (!(field instanceof HTMLInputElement)) return;
  field.blur();
  field.focus();
}

/** Calls `handler` on the keys of `action` while the component is there; the latest comer goes first. */
export function useKey(action: KeyAction, handler: () => void): void {
  useEffect(() => {
    const list = handlers.get(action) ?? [];
    handlers.set(action, [...list, handler]);
    return () => {
      handlers.set(
        action,
        handlers.get(action)!.filter((one) => one !== handler),
      );
    };
  }, [action, handler]);
}
