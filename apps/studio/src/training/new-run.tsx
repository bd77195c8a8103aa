// A new run: pictures, a recipe to begin with, and the recipe itself to change.

import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import { client } from "../state/api.ts";
import { goTo } from "../state/route.ts";
import { datasets, trainingRuns } from "../state/training.ts";
import { text } from "../text/text.ts";
import { BusyButton } from "../ui/busy-button.tsx";
import { Field } from "../ui/field.tsx";
import { FileButton } from "../ui/file-button.tsx";
import { Icon } from "../ui/icon.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { ProgressBar } from "../ui/progress-bar.tsx";
import { RecipeFields } from "./recipe-fields.tsx";
import { recipeTemplates, recipeText } from "./recipe-templates.ts";
import type { TemplateId } from "./recipe-templates.ts";

/** The form. */
export function NewRun() {
  const t = text.value.training;
  const id = useId();
  const dataset = useSignal("");
  const newName = useSignal("pictures");
  const template = useSignal<TemplateId>("pixels");
  const written = useSignal("");
  const sent = useSignal<{ readonly done: number; readonly all: number } | undefined>(undefined);
  const problem = useSignal<unknown>(undefined);
  useEffect(() => void datasets.reload(), []);
  const list = datasets.value.value ?? [];
  useEffect(() => {
    if (dataset.value === "" && list.length > 0) dataset.value = list[0].id;
  }, [list]);
  useEffect(() => {
    written.value = recipeText(recipeTemplates[template.value](dataset.value));
  }, [template.value, dataset.value]);

  const upload = async (files: readonly File[]) => {
    problem.value = undefined;
    try {
      for (const [done, file] of files.entries()) {
        sent.value = { done, all: files.length };
        // The name of a file is what people write on a picture: "a red fox.png".
        const caption = file.name.replace(/\.\w+$/, "").replaceAll(/[_-]+/g, " ");
        await client.addToDataset(newName.value, file, { caption });
      }
      await datasets.reload();
      dataset.value = newName.value;
    } catch (error) {
      problem.value = error;
    } finally {
      sent.value = undefined;
    }
  };
  const start = async () => {
    const recipe = JSON.parse(written.value) as Record<string, unknown>;
    const run = await client.startTraining({ recipe });
    await trainingRuns.reload();
    goTo("training", run.id);
  };
  return (
    <section class="panel" aria-label={t.newRun}>
      <h2>{t.newRun}</h2>
      <Field label={t.dataset} htmlFor={`${id}-data`}>
        <select
          id={`${id}-data`}
          class="select"
          value={dataset.value}
          onChange={({ currentTarget }) => (dataset.value = currentTarget.value)}
        >
          {list.length === 0 && <option value="">{t.noDatasets}</option>}
          {list.map(({ id, pictures }) => (
            <option key={id} value={id}>
              {t.datasetOf(id, pictures)}
            </option>
          ))}
        </select>
      </Field>
      <div class="row">
        <label for={`${id}-name`}>{t.uploadTo}</label>
        <input
          id={`${id}-name`}
          class="input dataset-name"
          value={newName.value}
          onInput={({ currentTarget }) => (newName.value = currentTarget.value)}
        />
        <FileButton multiple onFiles={upload}>
          <Icon name="upload" />
          {t.upload}
        </FileButton>
      </div>
      {sent.value && <ProgressBar done={sent.value.done / sent.value.all} label={t.upload} />}
      <ProblemNote error={problem.value ?? datasets.error.value} />
      <Field label={t.template} htmlFor={`${id}-template`} hint={t.templateHints[template.value]}>
        <select
          id={`${id}-template`}
          class="select"
          value={template.value}
          onChange={({ currentTarget }) => (template.value = currentTarget.value as TemplateId)}
        >
          {(Object.keys(recipeTemplates) as TemplateId[]).map((one) => (
            <option key={one} value={one}>
              {t.templates[one]}
            </option>
          ))}
        </select>
      </Field>
      <Field label={t.recipe} htmlFor={`${id}-recipe`} hint={t.recipeHint}>
        <textarea
          id={`${id}-recipe`}
          class="textarea code"
          rows={16}
          spellcheck={false}
          value={written.value}
          onInput={({ currentTarget }) => (written.value = currentTarget.value)}
        />
      </Field>
      <RecipeFields recipe={written.value} />
      <BusyButton class="button primary" act={start} isDisabled={dataset.value === ""}>
        <Icon name="play" />
        {t.start}
      </BusyButton>
    </section>
  );
}
