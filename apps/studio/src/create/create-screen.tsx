// Create: what is asked for on the left, what comes of it on the right.

import { useSignal } from "@preact/signals";
import { useCallback, useEffect, useRef } from "preact/hooks";
import { createGuide, guided } from "../guide/guide.ts";
import { createSettings, requestOf } from "../state/create-settings.ts";
import { isOver } from "../state/job-view.ts";
import { cancelJob, followOpenJobs, followProblem, jobs, sendJob } from "../state/jobs.ts";
import { isNarrow } from "../state/narrow.ts";
import { useKey } from "../shell/keys.ts";
import { text } from "../text/text.ts";
import { ProblemNote } from "../ui/problem-note.tsx";
import { EmptyStage } from "./empty-stage.tsx";
import { JobCard } from "./job-card.tsx";
import { SettingsPanel } from "./settings-panel.tsx";
import "./create.css";

/** The screen. */
export function CreateScreen() {
  const t = text.value;
  const isSending = useSignal(false);
  const problem = useSignal<unknown>(undefined);
  const stage = useRef<HTMLElement>(null);

  const generate = useCallback(async () => {
    isSending.value = true;
    problem.value = undefined;
    try {
      await sendJob(guided(requestOf(createSettings.value), createGuide.value));
      // On a phone the pictures are below what was asked.
      if (isNarrow.value) stage.current?.scrollIntoView({ behavior: "smooth" });
    } catch (error) {
      problem.value = error;
    } finally {
      isSending.value = false;
    }
  }, [isSending, problem]);
  const cancel = useCallback(async () => {
    const [oldest] = jobs.value.filter((job) => !isOver(job)).reverse();
    if (oldest === undefined) return;
    await cancelJob(oldest.id).catch((error: unknown) => (problem.value = error));
  }, [problem]);
  useKey("generate", generate);
  useKey("cancel", cancel);
  useEffect(() => {
    followOpenJobs().catch((error: unknown) => (followProblem.value = error));
  }, []);

  const shown = jobs.value.filter(({ shownIn }) => shownIn === "create");
  return (
    <div class="create">
      <h1 class="visually-hidden">{t.screens.create}</h1>
      <SettingsPanel isSending={isSending.value} problem={problem.value} onGenerate={generate} />
      <section class="stage" ref={stage} aria-label={t.create.results}>
        <ProblemNote error={followProblem.value} />
        {shown.length === 0 && <EmptyStage />}
        {shown.map((job) => (
          <JobCard key={job.id} job={job} />
        ))}
      </section>
    </div>
  );
}
