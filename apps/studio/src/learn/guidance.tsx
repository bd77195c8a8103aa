// Chapter 6: the guidance scale.

import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { Picture } from "../browser/picture.tsx";
import { Chapter, Figure, InSymbols, useComputation } from "./figure.tsx";
import { Formula } from "./formula.tsx";
import { seriesOfPictures } from "./pictures.ts";
import { subjectNow } from "./subject.tsx";
import { learnText } from "./text/text.ts";

const scales = [0, 1, 2, 3, 5, 7, 10, 15];
const steps = 16;
const series = seriesOfPictures();

/** The chapter. */
export function Guidance() {
  const t = learnText.value.chapters.guidance;
  return (
    <Chapter id="guidance" number={6} title={t.title} lead={t.lead}>
      <GuidanceFigure />
      <InSymbols explain={t.explain}>
        <Formula name="guidance" />
      </InSymbols>
    </Chapter>
  );
}

function GuidanceFigure() {
  const t = learnText.value.chapters.guidance;
  const id = useId();
  const place = useSignal(3);
  const { prompt, seed } = subjectNow();
  useComputation(
    series,
    Object.fromEntries(
      scales.map((scale) => [
        `w ${scale}`,
        // w = 0 is the answer without the prompt: that of an empty one, without guidance.
        { prompt: scale === 0 ? "" : prompt, seed, steps, guidanceScale: Math.max(scale, 1) },
      ]),
    ),
  );
  const scale = scales[place.value];
  const imageAt = (i: number) => series.value.value[`w ${scales[i]}`]?.image;
  return (
    <Figure caption={t.caption} isBusy={series.isBusy.value} problem={series.problem.value}>
      <div class="one-picture">
        <Picture image={imageAt(place.value)} label={`w = ${scale}`} />
        <div class="stack">
          <div class="field">
            <label for={id}>{t.scale}</label>
            <input
              id={id}
              type="range"
              min={0}
              max={scales.length - 1}
              value={place.value}
              aria-valuetext={`w = ${scale}`}
              onInput={({ currentTarget }) => (place.value = currentTarget.valueAsNumber)}
            />
          </div>
          <p class="big-number">w = {scale}</p>
          <p>{t.readings[scale === 0 ? "zero" : scale === 1 ? "one" : scale <= 7 ? "some" : "much"]}</p>
        </div>
      </div>
      <div class="film" role="group" aria-label={t.scale}>
        {scales.map((scale, i) => (
          <button key={scale} type="button" aria-pressed={i === place.value} onClick={() => (place.value = i)}>
            <Picture image={imageAt(i)} label={`w = ${scale}`} />
            <span>{scale}</span>
          </button>
        ))}
      </div>
    </Figure>
  );
}
