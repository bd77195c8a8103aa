// A run: how far it is, its curves, its samples; stop and resume.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { TrainingRun } from "@noisette/server/schema/training";
import { client } from "../state/api.ts";
import { followRun, runProgress, trainingRuns } from "../state/training.ts";
import { text } from "../text/text.ts";
import { BusyButton } from "../ui/busy-button.tsx";
import { duration } from "../ui/duration.ts";
import { Icon } from "../ui/icon.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { ProgressBar } from "../ui/progress-bar.tsx";
import { Curve } from "./curve.tsx";

/** The panel of `run`. */
export function RunDetails({ run }: { run: TrainingRun }) {
  const t = text.value.training;
  const problem = useSignal<unknown>(undefined);
  const isRunning = run.state === "running";
  useEffect(() => {
    const leaving = new AbortController();
    followRun(run.id, leaving.signal).catch((error: unknown) => {
      if (!leaving.signal.aborted) problem.value = error;
    });
    return () => leaving.abort();
    // A resumed run is followed anew.
  }, [run.id, run.state]);
  const { step, steps = run.steps, remainingMs, imagesPerSecond, curves, samples, notices } = runProgress.value;
  const { validation, ...trained } = curves;
  // Losses first: the rest explains them.
  const names = Object.keys(trained).sort((a, b) => Number(b.endsWith("loss")) - Number(a.endsWith("loss")));
  const then = (act: () => Promise<unknown>) => async () => {
    await act();
    await trainingRuns.reload();
  };
  return (
    <section class="panel" aria-label={run.name}>
      <div class="row spread">
        <div>
          <h2>{run.name}</h2>
          <p class="hint" role="status">
            {[
              t.states[run.state],
              t.stepOf(Math.max(step, run.step), steps),
              imagesPerSecond === undefined || !isRunning ? "" : t.speed(imagesPerSecond),
              remainingMs === undefined || !isRunning ? "" : text.value.create.left(duration(remainingMs)),
            ]
              .filter((part) => part !== "")
              .join(" · ")}
          </p>
        </div>
        <div class="row">
          {isRunning ? (
            <BusyButton act={then(() => client.stopTraining(run.id))}>
              <Icon name="stop" />
              {t.stop}
            </BusyButton>
          ) : (
            run.state !== "finished" && (
              <BusyButton act={then(() => client.resumeTraining(run.id))}>
                <Icon name="play" />
                {t.resume}
              </BusyButton>
            )
          )}
          <a class="button" href={client.address(run.report)} target="_blank" rel="noreferrer">
            {t.report}
          </a>
        </div>
      </div>
      <ProgressBar done={Math.max(step, run.step) / Math.max(1, steps)} label={t.progress} />
      <ProblemNote error={run.error ?? runProgress.value.problem ?? problem.value} />
      {names.map((name, i) => (
        <Curve key={name} name={name} points={trained[name]} validation={i === 0 ? validation : []} />
      ))}
      {samples.length > 0 && (
        <section class="stack">
          <h3>{t.samples}</h3>
          <div class="samples">
            {samples.map((address) => (
              <img key={address} src={address} alt={t.sample} class="checkered pixelated" />
            ))}
          </div>
        </section>
      )}
      {notices.map((notice) => (
        <p class="notice" key={notice}>
          {notice}
        </p>
      ))}
      <details class="more">
        <summary>{t.recipe}</summary>
        <pre class="prompt-text hint">{JSON.stringify(run.recipe, null, 2)}</pre>
      </details>
    </section>
  );
}
