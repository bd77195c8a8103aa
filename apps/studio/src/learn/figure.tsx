// A chapter of the lessons and its figure: what is said, what can be played with, the formula beside it.

import { createContext } from "preact";
import type { ComponentChildren } from "preact";
import { useContext, useEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import type { Signal } from "@preact/signals";
import { modelState } from "../browser/model.ts";
import { ProblemNote } from "../ui/problem-note.tsx";
import type { Computation } from "./computation.ts";
import { learnText } from "./text/text.ts";

const Seen = createContext<Signal<boolean> | undefined>(undefined);

/** Chapter `number`, at the address #/learn/`id`. */
export function Chapter({
  id,
  number,
  title,
  lead,
  children,
}: {
  id: string;
  number: number;
  title: string;
  lead: string;
  children: ComponentChildren;
}) {
  const section = useRef<HTMLElement>(null);
  const isSeen = useSignal(false);
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => (isSeen.value = entry.isIntersecting), {
      rootMargin: "120px 0px",
    });
    observer.observe(section.current!);
    return () => observer.disconnect();
  }, []);
  return (
    <section ref={section} class="chapter" id={`learn-${id}`} aria-labelledby={`learn-${id}-title`}>
      <header>
        <span class="chapter-number" aria-hidden="true">
          {number}
        </span>
        <h2 id={`learn-${id}-title`}>{title}</h2>
      </header>
      <p class="lead">{lead}</p>
      <Seen.Provider value={isSeen}>{children}</Seen.Provider>
    </section>
  );
}

/** A figure with its caption; it says so while the model is not there, or while it computes. */
export function Figure({
  caption,
  isBusy = false,
  problem,
  children,
}: {
  caption: string;
  isBusy?: boolean;
  problem?: unknown;
  children: ComponentChildren;
}) {
  const t = learnText.value.model;
  const isReady = modelState.value.kind === "ready";
  return (
    <figure class="figure">
      {children}
      <ProblemNote error={problem} />
      <figcaption>
        <span>{caption}</span>
        <span class="figure-state" role="status">
          {isReady ? (isBusy ? t.busy : "") : t.waits}
        </span>
      </figcaption>
    </figure>
  );
}

/** The formulas of a chapter, and what their letters are. */
export function InSymbols({ explain, children }: { explain: string; children: ComponentChildren }) {
  return (
    <div class="symbols" role="group" aria-label={learnText.value.formula}>
      <div class="formulas">{children}</div>
      <p>{explain}</p>
    </div>
  );
}

/** Wants `input` of `computation` as soon as the chapter is seen and the model is there. */
export function useComputation<Input>(computation: Computation<Input, unknown>, input: Input | undefined): void {
  const seen = useContext(Seen)!;
  const isWanted = seen.value && modelState.value.kind === "ready" && input !== undefined;
  useEffect(() => {
    if (isWanted) computation.want(input, () => seen.peek());
  }, [isWanted, JSON.stringify(input)]);
}
