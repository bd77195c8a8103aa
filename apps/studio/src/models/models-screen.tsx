// Models: what is installed, what is in it, and where more comes from.

import { useEffect } from "preact/hooks";
import { adapters, health, models, upscalers } from "../state/tables.ts";
import { route, addressOf } from "../state/route.ts";
import { text } from "../text/text.ts";
import { Icon } from "../ui/icon.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { size } from "../ui/duration.ts";
import { AdapterList } from "./adapter-list.tsx";
import { DownloadForm } from "./download-form.tsx";
import { ModelDetails } from "./model-details.tsx";
import "./models.css";

/** The screen; an address may name a model. */
export function ModelsScreen() {
  const t = text.value;
  useEffect(() => {
    // What is in the folders may have changed since.
    for (const table of [models, upscalers, adapters, health]) void table.reload();
  }, []);
  const list = models.value.value ?? [];
  const shown = list.find(({ id }) => id === route.value.detail) ?? list.find(({ isDefault }) => isDefault);
  return (
    <div class="stack">
      <h1>{t.screens.models}</h1>
      <ProblemNote error={models.error.value} />
      <div class="models">
        <section class="stack" aria-label={t.models.installed}>
          <ul class="model-list">
            {list.map(({ id, family, sizeBytes, isDefault, isLoaded, problem }) => (
              <li key={id}>
                <a href={addressOf("models", id)} aria-current={id === shown?.id}>
                  <strong>{id}</strong>
                  <span class="row">
                    <span class="hint">{[family, size(sizeBytes)].filter(Boolean).join(" · ")}</span>
                    {isDefault && <span class="chip accent">{t.models.isDefault}</span>}
                    {isLoaded && <span class="chip">{t.models.isLoaded}</span>}
                    {problem !== null && <span class="chip">{t.models.hasProblem}</span>}
                  </span>
                </a>
              </li>
            ))}
          </ul>
          <DownloadForm />
        </section>
        <div class="stack">
          {shown !== undefined && <ModelDetails key={shown.id} model={shown} />}
          <AdapterList />
          <section class="panel">
            <h2>{t.models.upscalers}</h2>
            {(upscalers.value.value ?? []).length === 0 && <p class="hint">{t.models.noUpscalers}</p>}
            <ul class="stack">
              {upscalers.value.value?.map(({ id, sizeBytes, isDefault }) => (
                <li key={id} class="row spread">
                  <span class="row">
                    <Icon name="upscale" />
                    {id}
                  </span>
                  <span class="row">
                    <span class="hint">{size(sizeBytes)}</span>
                    {isDefault && <span class="chip accent">{t.models.isDefault}</span>}
                  </span>
                </li>
              ))}
            </ul>
            <ProblemNote error={upscalers.error.value} />
          </section>
        </div>
      </div>
    </div>
  );
}
