// Canvas: a picture, what of it is to be painted, and what comes of it.

import { useSignal } from "@preact/signals";
import { useCallback } from "preact/hooks";
import { canvasGuide, guided } from "../guide/guide.ts";
import { JobCard } from "../create/job-card.tsx";
import { client } from "../state/api.ts";
import { canvasSource, canvasTask, openFileInCanvas } from "../state/canvas-source.ts";
import { isOver } from "../state/job-view.ts";
import { cancelJob, jobs, sendJob } from "../state/jobs.ts";
import { addressOf } from "../state/route.ts";
import { useKey } from "../shell/keys.ts";
import { text } from "../text/text.ts";
import { FileButton } from "../ui/file-button.tsx";
import { Icon } from "../ui/icon.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { Board } from "./board.tsx";
import { CanvasPanel } from "./canvas-panel.tsx";
import { canvasRequest } from "./canvas-request.ts";
import { canvasSettings, drawing } from "./drawing.ts";
import { isLarger } from "./frame.ts";

import { isDrawn } from "./strokes.ts";
import { strokesFile } from "./strokes-file.ts";
import { MaskTools, TaskBar } from "./toolbar.tsx";
import "../create/create.css";
import "./canvas.css";

/** The screen. */
export function CanvasScreen() {
  const t = text.value;
  const isSending = useSignal(false);
  const problem = useSignal<unknown>(undefined);
  const size = useSignal({ width: 1, height: 1 });
  const source = canvasSource.value;

  const generate = useCallback(async () => {
    if (canvasSource.value === undefined || whyNot() !== undefined) return;
    isSending.value = true;
    problem.value = undefined;
    try {
      const { strokes, frame } = drawing.value;
      const task = canvasTask.value;
      const mask = task === "part" ? (await client.upload(await strokesFile(strokes, size.value))).id : undefined;
      const content = { task, init: canvasSource.value.reference, ...size.value, frame, mask };
      await sendJob(guided(canvasRequest(canvasSettings.value, content), canvasGuide.value), "canvas");
    } catch (error) {
      problem.value = error;
    } finally {
      isSending.value = false;
    }
  }, [isSending, problem, size]);
  const made = jobs.value.filter(({ shownIn }) => shownIn === "canvas");
  const cancel = useCallback(async () => {
    const open = jobs.value.find((job) => job.shownIn === "canvas" && !isOver(job));
    if (open !== undefined) await cancelJob(open.id).catch((error: unknown) => (problem.value = error));
  }, [problem]);
  useKey("generate", generate);
  useKey("cancel", cancel);

  if (source === undefined) return <EmptyCanvas />;
  return (
    <div class="canvas">
      <h1 class="visually-hidden">{t.screens.canvas}</h1>
      <section class="canvas-main">
        <TaskBar>
          <OpenPicture isSmall />
        </TaskBar>
        <MaskTools size={size.value} />
        <Board key={source.reference} onSize={(shown) => (size.value = shown)} />
      </section>
      <CanvasPanel isSending={isSending.value} problem={problem.value} why={whyNot()} onGenerate={generate} />
      <section class="canvas-results stage" aria-label={t.create.results}>
        {made.map((job) => (
          <JobCard key={job.id} job={job} />
        ))}
      </section>
    </div>
  );
}

/** Why nothing can be made of what is drawn. */
function whyNot(): string | undefined {
  const t = text.value.canvas;
  if (canvasTask.value === "part" && !isDrawn(drawing.value.strokes)) return t.drawFirst;
  if (canvasTask.value === "around" && !isLarger(drawing.value.frame)) return t.dragFirst;
  return undefined;
}

function EmptyCanvas() {
  const t = text.value;
  return (
    <div class="empty">
      <Icon name="canvas" />
      <h1>{t.canvas.emptyTitle}</h1>
      <p>{t.canvas.emptyHint}</p>
      <div class="row">
        <OpenPicture />
        <a class="button" href={addressOf("gallery")}>
          <Icon name="gallery" />
          {t.canvas.fromGallery}
        </a>
      </div>
    </div>
  );
}

function OpenPicture({ isSmall = false }: { isSmall?: boolean }) {
  const problem = useSignal<unknown>(undefined);
  const open = async ([file]: readonly File[]) => {
    problem.value = undefined;
    try {
      await openFileInCanvas(file, canvasTask.value);
    } catch (error) {
      problem.value = error;
    }
  };
  return (
    <>
      <FileButton class={isSmall ? "button small" : "button primary"} onFiles={open}>
        <Icon name="upload" />
        {text.value.canvas.openFile}
      </FileButton>
      <ProblemNote error={problem.value} />
    </>
  );
}
