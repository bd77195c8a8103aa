// Chapter 1: a picture drowns in noise.

import { useSignal } from "@preact/signals";
import { diffused } from "@noisette/core/diffusion/noise";
import type { Image } from "@noisette/core/image/image";
import { overGround } from "@noisette/core/image/over-ground";
import { imagesFromTensor, tensorFromImage } from "@noisette/core/image/pixels";
import { tensor } from "@noisette/core/tensor/tensor";
import type { Tensor } from "@noisette/core/tensor/tensor";
import { TorchGenerator } from "@noisette/core/util/rng/torch-generator";
import { useId, useMemo } from "preact/hooks";
import { decode } from "../browser/model.ts";
import { Picture } from "../browser/picture.tsx";
import { Chapter, Figure, InSymbols } from "./figure.tsx";
import { Formula } from "./formula.tsx";
import { ScheduleChart } from "./schedule-chart.tsx";
import { scheduleNames, schedules } from "./schedules.ts";
import type { CurveName, ScheduleName } from "./schedules.ts";
import { SourceChoice, sourceLatents, sourcePicture } from "./source.tsx";
import { learnText } from "./text/text.ts";
import { useLatest } from "./use-latest.ts";

const noiseSeed = 3;

/** The chapter. */
export function Forward() {
  const t = learnText.value.chapters.forward;
  const id = useId();
  const time = useSignal(250);
  const schedule = useSignal<ScheduleName>("scaledLinear");
  const curve = useSignal<CurveName>("alphaBar");
  const picture = sourcePicture();
  const alphaBar = schedules[schedule.value][time.value];

  const pixels = useMemo(() => picture && tensorFromImage(overGround(picture)), [picture]);
  const noisyPixels = useMemo(() => pixels && imagesFromTensor(withNoise(pixels, alphaBar))[0], [pixels, alphaBar]);
  const latents = sourceLatents.value;
  const noisyLatents = useMemo(() => latents && withNoise(latents, alphaBar), [latents, alphaBar]);
  const decoded = useLatest<Tensor, Image>(noisyLatents, decode);

  return (
    <Chapter id="forward" number={1} title={t.title} lead={t.lead}>
      <Figure caption={t.caption}>
        <SourceChoice />
        <div class="pair">
          <div class="tile">
            <Picture image={noisyPixels} label={t.pixels} sharp />
            <p class="tile-label">{t.pixels}</p>
          </div>
          <div class="tile">
            <Picture image={decoded} label={t.latents} />
            <p class="tile-label">{t.latents}</p>
          </div>
        </div>
        <div class="field">
          <label for={id}>{t.time}</label>
          <input
            id={id}
            type="range"
            min={0}
            max={999}
            value={time.value}
            onInput={({ currentTarget }) => (time.value = currentTarget.valueAsNumber)}
          />
          <output class="readout" for={id}>
            {t.readout(
              time.value,
              alphaBar.toPrecision(3),
              percent(Math.sqrt(alphaBar)),
              percent(Math.sqrt(1 - alphaBar)),
            )}
          </output>
        </div>
        <div class="row spread">
          <div class="row" role="group" aria-label={t.schedule}>
            {scheduleNames.map((name) => (
              <button
                key={name}
                type="button"
                class={`button small schedule ${name}`}
                aria-pressed={schedule.value === name}
                onClick={() => (schedule.value = name)}
              >
                {t.schedules[name]}
              </button>
            ))}
          </div>
          <label class="row">
            {t.show}
            <select
              class="select chart-choice"
              value={curve.value}
              onChange={({ currentTarget }) => (curve.value = currentTarget.value as CurveName)}
            >
              <option value="alphaBar">{t.alphaBar}</option>
              <option value="snr">{t.snr}</option>
            </select>
          </label>
        </div>
        <ScheduleChart curve={curve.value} chosen={schedule.value} t={time.value} />
        <p class="hint">{t.about[schedule.value]}</p>
      </Figure>
      <InSymbols explain={t.explain}>
        <Formula name="forward" />
        <Formula name="product" />
      </InSymbols>
    </Chapter>
  );
}

/** √ᾱ·x₀ + √(1−ᾱ)·ε, with the same ε at every ᾱ. */
function withNoise({ dims, data }: Tensor, alphaBar: number): Tensor {
  return tensor(dims, diffused(data, noiseOf(data.length), alphaBar));
}

const noises = new Map<number, Float32Array>();

function noiseOf(length: number): Float32Array {
  const noise = noises.get(length) ?? new TorchGenerator(noiseSeed).randn(length);
  noises.set(length, noise);
  return noise;
}

const percent = (share: number): string => `${(100 * share).toFixed(share > 0 && share < 0.01 ? 1 : 0)} %`;
