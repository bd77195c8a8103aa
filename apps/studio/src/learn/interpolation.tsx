// Chapter 7: between two prompts, two noises, or both.

import { useSignal } from "@preact/signals";
import { frameOptions } from "@noisette/core/pipelines/interpolate";
import { useId } from "preact/hooks";
import { Picture } from "../browser/picture.tsx";
import { Field } from "../ui/field.tsx";
import { Chapter, Figure, InSymbols, useComputation } from "./figure.tsx";
import { Formula } from "./formula.tsx";
import { seriesOfPictures } from "./pictures.ts";
import { PlayButton } from "./play-button.tsx";
import { subjectNow } from "./subject.tsx";
import { learnText } from "./text/text.ts";
import { usePlayer } from "./use-player.ts";

const last = 8;
const steps = 12;
/** From one noise to another. */
const seedsApart = 100;
const changes = ["prompt", "seed", "both"] as const;
const series = seriesOfPictures();

/** The places in the order in which they are made: ends, middle, and what lies between. */
const order = [0, 8, 4, 2, 6, 1, 3, 5, 7];

/** The chapter. */
export function Interpolation() {
  const t = learnText.value.chapters.interpolation;
  return (
    <Chapter id="interpolation" number={7} title={t.title} lead={t.lead}>
      <InterpolationFigure />
      <InSymbols explain={t.explain}>
        <Formula name="sphere" />
      </InSymbols>
    </Chapter>
  );
}

function InterpolationFigure() {
  const t = learnText.value.chapters.interpolation;
  const id = useId();
  const written = useSignal<{ from?: string; to?: string }>({});
  const change = useSignal<(typeof changes)[number]>("both");
  const place = useSignal(4);
  const isPlaying = usePlayer(place, last);
  const { seed } = subjectNow();
  const [from, to] = [written.value.from ?? t.defaults.from, written.value.to ?? t.defaults.to];
  const keyframes = [
    { prompt: from, seed },
    { prompt: change.value === "seed" ? from : to, seed: change.value === "prompt" ? seed : seed + seedsApart },
  ];
  useComputation(
    series,
    Object.fromEntries(order.map((i) => [`frame ${i}`, { ...frameOptions(keyframes, i / last), steps }])),
  );
  const imageAt = (i: number) => series.value.value[`frame ${i}`]?.image;
  const made = Object.values(series.value.value).filter(({ isFinished }) => isFinished).length;
  const field = (name: "from" | "to", value: string) => (
    <Field label={t[name]} htmlFor={`${id}-${name}`}>
      <input
        id={`${id}-${name}`}
        class="input"
        value={value}
        onChange={({ currentTarget }) => (written.value = { ...written.value, [name]: currentTarget.value.trim() })}
      />
    </Field>
  );
  return (
    <Figure caption={t.caption} isBusy={series.isBusy.value} problem={series.problem.value}>
      <div class="columns">
        {field("from", from)}
        {change.value !== "seed" && field("to", to)}
      </div>
      <div class="row" role="group" aria-label={t.what}>
        {changes.map((name) => (
          <button
            key={name}
            type="button"
            class="button small"
            aria-pressed={change.value === name}
            onClick={() => (change.value = name)}
          >
            {t[name]}
          </button>
        ))}
      </div>
      <div class="one-picture">
        <Picture image={imageAt(place.value)} label={`${t.amount}: ${place.value} / ${last}`} />
        <div class="stack">
          <div class="row scrubber">
            <PlayButton isPlaying={isPlaying} words={t} isDisabled={made <= last} />
            <input
              class="grow"
              type="range"
              aria-label={t.amount}
              min={0}
              max={last}
              value={place.value}
              aria-valuetext={`${place.value} / ${last}`}
              onInput={({ currentTarget }) => {
                isPlaying.value = false;
                place.value = currentTarget.valueAsNumber;
              }}
            />
          </div>
          <p class="big-number">
            <var>a</var> = {(place.value / last).toFixed(2)}
          </p>
          <p class="hint">{t.frame(made, last + 1)}</p>
        </div>
      </div>
      <div class="film" role="group" aria-label={t.amount}>
        {Array.from({ length: last + 1 }, (_, i) => (
          <button key={i} type="button" aria-pressed={i === place.value} onClick={() => (place.value = i)}>
            <Picture image={imageAt(i)} label={`${t.amount}: ${i} / ${last}`} />
          </button>
        ))}
      </div>
    </Figure>
  );
}
