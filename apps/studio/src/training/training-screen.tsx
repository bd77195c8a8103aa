// Training: the runs there were, the one that goes on, and a new one.

import { useEffect } from "preact/hooks";
import { addressOf, route } from "../state/route.ts";
import { runProgress, trainingRuns } from "../state/training.ts";
import { text } from "../text/text.ts";
import { Icon } from "../ui/icon.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { NewRun } from "./new-run.tsx";
import { RunDetails } from "./run-details.tsx";
import "../models/models.css";
import "../pictures/pictures.css";
import "./training.css";

/** The screen; an address may name a run. */
export function TrainingScreen() {
  const t = text.value;
  useEffect(() => void trainingRuns.reload(), []);
  const loaded = trainingRuns.value.value;
  const runs = loaded ?? [];
  const shown = runs.find(({ id }) => id === route.value.detail);
  return (
    <div class="stack">
      <div class="row spread">
        <h1>{t.screens.training}</h1>
        {shown !== undefined && (
          <a class="button" href={addressOf("training")}>
            <Icon name="plus" />
            {t.training.newRun}
          </a>
        )}
      </div>
      <ProblemNote error={trainingRuns.error.value} />
      {/* A server that shares its work with others does not train: it says so in place of its runs. */}
      {loaded !== undefined && (
        <div class="models">
          <section class="stack" aria-label={t.training.runs}>
            {runs.length === 0 && <p class="hint">{t.training.noRuns}</p>}
            <ul class="model-list">
              {runs.map(({ id, name, state, step, steps }) => (
                <li key={id}>
                  <a href={addressOf("training", id)} aria-current={id === shown?.id}>
                    <strong>{name}</strong>
                    <span class="row">
                      <span class={state === "running" ? "chip accent" : "chip"}>{t.training.states[state]}</span>
                      <span class="hint">
                        {t.training.stepOf(id === shown?.id ? Math.max(step, runProgress.value.step) : step, steps)}
                      </span>
                    </span>
                  </a>
                </li>
              ))}
            </ul>
          </section>
          {shown === undefined ? <NewRun /> : <RunDetails key={shown.id} run={shown} />}
        </div>
      )}
    </div>
  );
}
