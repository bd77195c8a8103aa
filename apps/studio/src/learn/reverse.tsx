// Chapter 2: step by step out of the noise.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { decode, modelState } from "../browser/model.ts";
import { Picture } from "../browser/picture.tsx";
import { Chapter, Figure, InSymbols } from "./figure.tsx";
import { Formula } from "./formula.tsx";
import { LatentMap } from "./latent-map.tsx";
import { PlayButton } from "./play-button.tsx";
import { learnText } from "./text/text.ts";
import { trace } from "./trace.ts";
import type { TraceStep } from "./trace.ts";
import { traceSteps, useTrace } from "./use-trace.ts";
import { useLatest } from "./use-latest.ts";
import { usePlayer } from "./use-player.ts";

/** The chapter. */
export function Reverse() {
  return (
    <Chapter
      id="reverse"
      number={2}
      title={learnText.value.chapters.reverse.title}
      lead={learnText.value.chapters.reverse.lead}
    >
      <ReverseFigure />
      <InSymbols explain={learnText.value.chapters.reverse.explain}>
        <Formula name="denoised" />
        <Formula name="velocity" />
        <Formula name="ddimStep" />
      </InSymbols>
    </Chapter>
  );
}

function ReverseFigure() {
  const t = learnText.value.chapters.reverse;
  const id = useId();
  useTrace();
  const { steps } = trace.value.value;
  const chosen = useSignal<number>(8);
  const isPlaying = usePlayer(chosen, traceSteps - 1);
  const step = steps[Math.min(chosen.value, steps.length - 1)] as TraceStep | undefined;
  const noise = useLatest(step?.noise, decode);
  const velocity = useLatest(step?.velocity, decode);
  const state = modelState.value;
  const prediction = state.kind === "ready" ? state.facts.prediction : undefined;
  const said = { epsilon: "noise", v_prediction: "velocity", sample: "denoised" } as const;
  const isSaid = (name: "denoised" | "noise" | "velocity") =>
    prediction && (said[prediction] === name ? t.own : t.derived);
  return (
    <Figure caption={t.caption} isBusy={trace.isBusy.value} problem={trace.problem.value}>
      <div class="row scrubber">
        <PlayButton isPlaying={isPlaying} words={t} isDisabled={steps.length === 0} />
        <input
          id={id}
          class="grow"
          type="range"
          aria-label={t.step}
          min={0}
          max={traceSteps - 1}
          value={chosen.value}
          disabled={steps.length === 0}
          onInput={({ currentTarget }) => {
            isPlaying.value = false;
            chosen.value = currentTarget.valueAsNumber;
          }}
        />
        <output class="readout" for={id}>
          {t.of(Math.min(chosen.value, Math.max(steps.length - 1, 0)) + 1, traceSteps)}
          {step && `, t = ${step.t}`}
        </output>
      </div>
      <div class="quartet">
        <Tile symbol={<var>x</var>} below="t" name={t.x}>
          <Picture image={step?.pictures?.x} label={`${t.x}, ${t.decoded}`} />
          <LatentMap latents={step?.x} label={`${t.x}, ${t.channels}`} />
        </Tile>
        <Tile symbol={<var>x̂</var>} below="0" name={t.denoised} note={isSaid("denoised")}>
          <Picture image={step?.pictures?.denoised} label={`${t.denoised}, ${t.decoded}`} />
          <LatentMap latents={step?.denoised} label={`${t.denoised}, ${t.channels}`} />
        </Tile>
        <Tile symbol={<var>ε̂</var>} name={t.noise} note={isSaid("noise")}>
          <Picture image={noise} label={`${t.noise}, ${t.decoded}`} />
          <LatentMap latents={step?.noise} label={`${t.noise}, ${t.channels}`} />
        </Tile>
        <Tile symbol={<var>v̂</var>} name={t.velocity} note={isSaid("velocity")}>
          <Picture image={velocity} label={`${t.velocity}, ${t.decoded}`} />
          <LatentMap latents={step?.velocity} label={`${t.velocity}, ${t.channels}`} />
        </Tile>
      </div>
      <div class="film" role="group" aria-label={t.film} tabIndex={0}>
        {Array.from({ length: traceSteps }, (_, i) => (
          <button
            key={i}
            type="button"
            aria-label={t.of(i + 1, traceSteps)}
            aria-pressed={i === chosen.value}
            disabled={steps[i] === undefined}
            onClick={() => {
              isPlaying.value = false;
              chosen.value = i;
            }}
          >
            <Picture image={steps[i]?.pictures?.denoised} label={`${t.denoised}, ${t.of(i + 1, traceSteps)}`} />
          </button>
        ))}
      </div>
    </Figure>
  );
}

function Tile({
  symbol,
  below,
  name,
  note,
  children,
}: {
  symbol: ComponentChildren;
  below?: string;
  name: string;
  note?: string;
  children: ComponentChildren;
}) {
  return (
    <div class="tile">
      <p class="tile-label">
        <strong>
          {symbol}
          {below !== undefined && <sub>{below}</sub>}
        </strong>{" "}
        {name}
      </p>
      {children}
      {note !== undefined && <p class="hint">{note}</p>}
    </div>
  );
}
