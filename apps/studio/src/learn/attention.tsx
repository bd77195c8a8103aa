// Chapter 4: where each word looks.

import { useSignal } from "@preact/signals";
import { heatOverlay } from "@noisette/core/image/heat-overlay";
import { useMemo } from "preact/hooks";
import { Picture } from "../browser/picture.tsx";
import { Chapter, Figure, InSymbols } from "./figure.tsx";
import { Formula } from "./formula.tsx";
import { learnText } from "./text/text.ts";
import { trace } from "./trace.ts";
import { useTrace } from "./use-trace.ts";

/** The chapter. */
export function Attention() {
  const t = learnText.value.chapters.attention;
  return (
    <Chapter id="attention" number={4} title={t.title} lead={t.lead}>
      <AttentionFigure />
      <InSymbols explain={t.explain}>
        <Formula name="attention" />
      </InSymbols>
    </Chapter>
  );
}

function AttentionFigure() {
  const t = learnText.value.chapters.attention;
  useTrace();
  const { result } = trace.value.value;
  const words = result?.words ?? [];
  const pointed = useSignal<number | undefined>(undefined);
  const held = useSignal<number | undefined>(0);
  const chosen = pointed.value ?? held.value;
  const overlays = useMemo(
    () => (result === undefined ? [] : words.map(({ heat }) => heatOverlay(result.image, heat))),
    [result],
  );
  const word = chosen === undefined ? undefined : words[chosen];
  const shown = word === undefined ? result?.image : overlays[chosen!];
  return (
    <Figure caption={t.caption} isBusy={trace.isBusy.value} problem={trace.problem.value}>
      <div class="attention">
        <div class="tile">
          <Picture image={shown} label={word === undefined ? t.all : t.heat(word.word)} />
        </div>
        <div class="stack">
          <div class="words" role="group" aria-label={t.words}>
            {words.map(({ word }, i) => (
              <button
                key={`${i} ${word}`}
                type="button"
                class="word"
                aria-pressed={held.value === i}
                onMouseEnter={() => (pointed.value = i)}
                onMouseLeave={() => (pointed.value = undefined)}
                onFocus={() => (pointed.value = i)}
                onBlur={() => (pointed.value = undefined)}
                onClick={() => {
                  held.value = held.value === i ? undefined : i;
                  pointed.value = undefined;
                }}
              >
                <Picture image={overlays[i]} label={t.heat(word)} />
                <span>{word}</span>
              </button>
            ))}
            {result !== undefined && words.length === 0 && <p class="hint">{t.none}</p>}
          </div>
        </div>
      </div>
    </Figure>
  );
}
