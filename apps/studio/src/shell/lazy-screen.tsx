// A screen whose code comes when it is opened.

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { text } from "../text/text.ts";
import { ProblemNote } from "../ui/problem-note.tsx";
import type { Screen } from "./screens.ts";

const loaded = new Map<Screen["id"], ComponentType>();

/** The screen, once it is there. */
export function LazyScreen({ screen }: { screen: Screen }) {
  const [, redraw] = useState(0);
  const [problem, setProblem] = useState<unknown>();
  const Content = loaded.get(screen.id);
  useEffect(() => {
    if (Content !== undefined) return;
    screen.load().then((component) => {
      loaded.set(screen.id, component);
      redraw((n) => n + 1);
    }, setProblem);
  }, [screen, Content]);
  if (problem !== undefined) return <ProblemNote error={problem} />;
  return Content === undefined ? <p class="empty">{text.value.loading}</p> : <Content />;
}
