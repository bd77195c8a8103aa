// A job as it comes: its place, its progress, previews that become pictures.

import type { ImageRecord } from "@noisette/server/schema/image";
import { PictureTile } from "../pictures/picture-tile.tsx";
import { isOver } from "../state/job-view.ts";
import type { JobView } from "../state/job-view.ts";
import { cancelJob, forgetJob } from "../state/jobs.ts";
import { view } from "../state/viewer.ts";
import { text } from "../text/text.ts";
import { BusyButton } from "../ui/busy-button.tsx";
import { Icon } from "../ui/icon.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { ProgressBar } from "../ui/progress-bar.tsx";
import { jobStatus } from "./job-status.ts";

/** A job with all that is there of it. */
export function JobCard({ job }: { job: JobView }) {
  const t = text.value;
  const places = Math.max(picturesOf(job), job.images.length);
  return (
    <article class="job" aria-label={titleOf(job)}>
      <header class="row spread">
        <div class="grow">
          <p class="job-title">{titleOf(job)}</p>
          <p class="hint" role="status">
            {jobStatus(job, t)}
          </p>
        </div>
        {isOver(job) ? (
          <button
            type="button"
            class="button quiet small icon-only"
            aria-label={t.create.forget}
            title={t.create.forget}
            onClick={() => forgetJob(job.id)}
          >
            <Icon name="close" />
          </button>
        ) : (
          <BusyButton class="button small" act={() => cancelJob(job.id)}>
            <Icon name="stop" />
            {t.cancel}
          </BusyButton>
        )}
      </header>
      {!isOver(job) && <ProgressBar done={job.state === "queued" ? undefined : job.done} label={t.create.progress} />}
      <ProblemNote error={job.error} />
      {(job.images.length > 0 || !isOver(job)) && job.request.task !== "download" && (
        <div class={`grid-of-pictures of-${Math.min(places, 4)}`}>
          {Array.from({ length: places }, (_, i) => (
            <Place key={i} job={job} index={i} image={job.images.find(({ index }) => index === i)} />
          ))}
        </div>
      )}
      {job.notices.map((notice) => (
        <p class="hint job-notice" key={notice}>
          <Icon name="info" />
          {notice}
        </p>
      ))}
    </article>
  );
}

/** Where a picture is, or will be. */
function Place({ job, index, image }: { job: JobView; index: number; image: ImageRecord | undefined }) {
  if (image !== undefined)
    return <PictureTile image={image} onOpen={() => view(job.images, job.images.indexOf(image))} />;
  if (isOver(job)) return null;
  const preview = job.previews[index];
  return (
    <div class={preview === undefined ? "coming" : "coming has-preview"} style={{ aspectRatio: shapeOf(job) }}>
      {preview !== undefined && <img src={preview} alt={text.value.create.preview} />}
    </div>
  );
}

const titleOf = ({ request }: JobView): string => {
  switch (request.task) {
    case "generate":
      return [request.options.prompt].flat()[0] || text.value.create.noPrompt;
    case "upscale":
      return text.value.create.upscaling;
    case "download":
      return request.repository;
  }
};

function picturesOf({ plan, request }: JobView): number {
  if (plan !== undefined) return plan.pictures;
  return request.task === "generate" ? request.options.count : 1;
}

const shapeOf = ({ request }: JobView): string => {
  const { width = 1, height = 1 } = request.task === "generate" ? request.options : {};
  return `${width} / ${height}`;
};
