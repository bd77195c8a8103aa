// Models from the Hub, by their ids.

import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import { JobCard } from "../create/job-card.tsx";
import { jobs, onJobOver, sendJob } from "../state/jobs.ts";
import { models } from "../state/tables.ts";
import { text } from "../text/text.ts";
import { BusyButton } from "../ui/busy-button.tsx";
import { Field } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import "../create/create.css";

/** The form, and the downloads that it began. */
export function DownloadForm() {
  const t = text.value.models;
  const id = useId();
  const repository = useSignal("");
  useEffect(
    () =>
      onJobOver((job) => {
        if (job.request.task === "download") void models.reload();
      }),
    [],
  );
  const download = async () => {
    // An address of the Hub's pages is as good as the id in it.
    const wanted = repository.value
      .trim()
      .replace(/^https?:\/\/[^/]+\//, "")
      .replace(/\/+$/, "");
    await sendJob({ task: "download", repository: wanted }, "models");
    repository.value = "";
  };
  return (
    <section class="panel">
      <h2>{t.download}</h2>
      <Field label={t.hubId} htmlFor={id} hint={t.hubHint}>
        <input
          id={id}
          class="input"
          placeholder="stable-diffusion-v1-5/stable-diffusion-v1-5"
          spellcheck={false}
          value={repository.value}
          onInput={({ currentTarget }) => (repository.value = currentTarget.value)}
        />
      </Field>
      <BusyButton act={download} isDisabled={repository.value.trim() === ""}>
        <Icon name="download" />
        {t.downloadIt}
      </BusyButton>
      {jobs.value
        .filter(({ shownIn }) => shownIn === "models")
        .map((job) => (
          <JobCard key={job.id} job={job} />
        ))}
    </section>
  );
}
