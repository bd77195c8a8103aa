// Create, without a server: the same options as everywhere, and the bundled model in this browser.

import { signal, useSignal } from "@preact/signals";
import type { Image } from "@noisette/core/image/image";
import type { ImageEvent } from "@noisette/core/pipelines/events";
import { samplerTable } from "@noisette/core/diffusion/samplers/index";
import { scheduleTable } from "@noisette/core/diffusion/schedules/index";
import type { GenerateOptions } from "@noisette/core/pipelines/options";
import { useEffect, useId } from "preact/hooks";
import { ChoiceField } from "../create/choice-field.tsx";
import { CountMenu } from "../create/count-menu.tsx";
import { MoreOptions } from "../create/more-options.tsx";
import { SeedField } from "../create/seed-field.tsx";
import { StepFields } from "../create/step-fields.tsx";
import { changeSettings, createSettings, requestOf } from "../state/create-settings.ts";
import { text } from "../text/text.ts";
import { Field } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { ProgressBar } from "../ui/progress-bar.tsx";
import { SliderField } from "../ui/slider-field.tsx";
import { ModelBar } from "./model-bar.tsx";
import { generate, modelState, openModel, pngOf } from "./model.ts";
import { Picture } from "./picture.tsx";
import "../create/create.css";
import "../pictures/pictures.css";
import "./browser.css";

type Finished = ImageEvent & { readonly image: Image };

/** A picture that is being made. */
interface Coming {
  readonly image: Image | undefined;
  readonly step: number;
  readonly steps: number;
}

const finished = signal<readonly Finished[]>([]);
const coming = signal<Coming | undefined>(undefined);
const counts = [1, 2, 4];
const previewEvery = 4;
let stop = new AbortController();

/** The screen. */
export function CreateHere() {
  const t = text.value;
  const problem = useSignal<unknown>(undefined);
  useEffect(() => {
    openModel().catch(() => undefined); // the bar shows what went wrong
  }, []);
  const run = async () => {
    problem.value = undefined;
    stop = new AbortController();
    coming.value = { image: undefined, step: 0, steps: 1 };
    try {
      await generate(
        { options: requestOf(createSettings.value).options as GenerateOptions, previewEvery },
        {
          signal: stop.signal,
          tell(event) {
            if (event.kind === "step")
              coming.value = { image: event.preview ?? coming.value?.image, step: event.step, steps: event.steps };
            if (event.kind === "image" && event.image !== undefined)
              finished.value = [{ ...event, image: event.image }, ...finished.value];
          },
        },
      );
    } catch (error) {
      if (!stop.signal.aborted) problem.value = error;
    } finally {
      coming.value = undefined;
    }
  };
  return (
    <div class="create">
      <Settings problem={problem.value} onGenerate={() => void run()} />
      <section class="stage" aria-label={t.create.results}>
        <ModelBar />
        <div class="browser-stage">
          {coming.value && <ComingPicture {...coming.value} />}
          {finished.value.map((event, i) => (
            <FinishedPicture key={finished.value.length - i} event={event} />
          ))}
        </div>
      </section>
    </div>
  );
}

function Settings({ problem, onGenerate }: { problem: unknown; onGenerate: () => void }) {
  const t = text.value;
  const id = useId();
  const settings = createSettings.value;
  const { value: state } = modelState;
  const isReady = state.kind === "ready";
  const usual = isReady
    ? { ...state.facts, side: state.facts.latentDims[3] * state.facts.factor }
    : { steps: 20, guidanceScale: 3, side: 64 };
  const area = (name: "prompt" | "negativePrompt", label: string, hint: string, rows: number) => (
    <Field label={label} htmlFor={`${id}-${name}`}>
      <textarea
        id={`${id}-${name}`}
        class="textarea"
        rows={rows}
        placeholder={hint}
        value={settings[name]}
        onInput={({ currentTarget }) => changeSettings({ [name]: currentTarget.value })}
      />
    </Field>
  );
  return (
    <form
      class="panel create-settings"
      aria-label={t.screens.create}
      onSubmit={(event) => {
        event.preventDefault();
        if (coming.value === undefined && isReady) onGenerate();
      }}
    >
      {area("prompt", t.create.prompt, t.create.promptHint, 3)}
      {area("negativePrompt", t.create.negative, t.create.negativeHint, 2)}
      <div class="generate-row">
        {coming.value === undefined ? (
          <button type="submit" class="button primary grow" disabled={!isReady}>
            <Icon name="create" />
            {t.create.generate}
          </button>
        ) : (
          <button type="button" class="button grow" onClick={() => stop.abort()}>
            <Icon name="stop" />
            {t.cancel}
          </button>
        )}
        <CountMenu counts={counts} value={settings.count} onChange={(count) => changeSettings({ count })} />
      </div>
      <ProblemNote error={problem} />
      <div class="columns">
        <StepFields choice={settings} usual={usual} onChange={changeSettings} />
        <Slider name="width" label={t.create.width} usual={usual.side} min={32} max={256} most={512} step={8} />
        <Slider name="height" label={t.create.height} usual={usual.side} min={32} max={256} most={512} step={8} />
      </div>
      <div class="columns">
        <Menu name="sampler" label={t.create.sampler} rows={samplerTable} />
        <Menu name="schedule" label={t.create.schedule} rows={scheduleTable} />
      </div>
      <SeedField />
      <MoreOptions />
    </form>
  );
}

function Slider({
  name,
  ...field
}: { name: "width" | "height" } & Omit<Parameters<typeof SliderField>[0], "value" | "onChange">) {
  return (
    <SliderField
      {...field}
      value={createSettings.value[name]}
      onChange={(value) => changeSettings({ [name]: value })}
    />
  );
}

/** A menu of a table's rows, under the names that people know. */
function Menu({
  name,
  label,
  rows,
}: {
  name: "sampler" | "schedule";
  label: string;
  rows: Readonly<Record<string, { readonly names: { readonly a1111?: string } }>>;
}) {
  return (
    <ChoiceField
      label={label}
      value={createSettings.value[name]}
      onChange={(value) => changeSettings({ [name]: value })}
    >
      {Object.entries(rows).map(([id, { names }]) => (
        <option key={id} value={id}>
          {names.a1111 ?? id}
        </option>
      ))}
    </ChoiceField>
  );
}

function ComingPicture({ image, step, steps }: Coming) {
  const t = text.value.create;
  return (
    <div class="browser-picture">
      <Picture image={image} label={t.preview} />
      <ProgressBar done={step / steps} label={t.progress} />
      <p class="hint">{step === 0 ? t.beginning : t.stepOf(step, steps)}</p>
    </div>
  );
}

function FinishedPicture({ event }: { event: Finished }) {
  const t = text.value;
  const { prompt, seed } = event.record.options;
  const words = [prompt].flat()[0];
  const save = async () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([(await pngOf(event)) as Uint8Array<ArrayBuffer>], { type: "image/png" }));
    link.download = `${seed}.png`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <div class="browser-picture" data-seed={seed}>
      <Picture image={event.image} label={words} />
      <div class="row spread">
        <button
          type="button"
          class="button small"
          onClick={() => changeSettings({ seed: seed === createSettings.value.seed ? undefined : seed })}
        >
          {t.create.seed}: {seed}
        </button>
        <button
          type="button"
          class="button small icon-only"
          aria-label={t.pictures.action.download}
          title={t.pictures.action.download}
          onClick={() => void save()}
        >
          <Icon name="download" />
        </button>
      </div>
    </div>
  );
}
