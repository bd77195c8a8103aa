// Model, sampler, schedule: the server's tables as menus, with a line of advice each.

import { useEffect } from "preact/hooks";
import { modelNamed, models, samplers, schedules } from "../state/tables.ts";
import { text } from "../text/text.ts";
import { ProblemNote } from "../ui/problem-note.tsx";
import { ChoiceField } from "./choice-field.tsx";
import { samplerAdvice, samplerGroups, scheduleAdvice } from "./sampler-advice.ts";

/** What these fields are about; undefined is the model's own choice, and the server's default model. */
export interface SamplingChoice {
  readonly model?: string;
  readonly sampler?: string;
  readonly schedule?: string;
}

/** The menu of models. */
export function ModelField({
  choice,
  onChange,
}: {
  choice: SamplingChoice;
  onChange: (choice: SamplingChoice) => void;
}) {
  const t = text.value;
  useEffect(() => void models.load(), []);
  const own = models.value.value?.find(({ isDefault }) => isDefault);
  const chosen = modelNamed(choice.model);
  const isMissing = choice.model !== undefined && models.value.value !== undefined && chosen === undefined;
  return (
    <>
      <ChoiceField
        label={t.create.model}
        value={choice.model}
        auto={own === undefined ? t.create.defaultModel : t.create.defaultModelIs(own.id)}
        hint={isMissing ? t.create.modelMissing : (chosen?.problem ?? chosen?.notice ?? undefined)}
        onChange={(model) => onChange({ model })}
      >
        {isMissing && <option value={choice.model}>{choice.model}</option>}
        {models.value.value?.map(({ id, problem }) => (
          <option key={id} value={id} disabled={problem !== null}>
            {id}
          </option>
        ))}
      </ChoiceField>
      <ProblemNote error={models.error.value} />
    </>
  );
}

/** The menus of samplers and schedules. */
export function SamplerFields({
  choice,
  onChange,
}: {
  choice: SamplingChoice;
  onChange: (choice: SamplingChoice) => void;
}) {
  const t = text.value;
  useEffect(() => {
    void samplers.load();
    void schedules.load();
  }, []);
  const sampler = samplers.value.value?.find(({ id }) => id === choice.sampler);
  const schedule = schedules.value.value?.find(({ id }) => id === choice.schedule);
  return (
    <>
      <ChoiceField
        label={t.create.sampler}
        value={choice.sampler}
        hint={sampler && samplerAdvice(sampler, t)}
        onChange={(id) => onChange({ sampler: id })}
      >
        {samplerGroups(samplers.value.value ?? []).map(([group, members]) => (
          <optgroup key={group} label={t.advice.groups[group]}>
            {members.map(({ id, names }) => (
              <option key={id} value={id}>
                {names.a1111 ?? id}
              </option>
            ))}
          </optgroup>
        ))}
      </ChoiceField>
      <ChoiceField
        label={t.create.schedule}
        value={choice.schedule}
        auto={sampler === undefined ? t.auto : t.create.usualSchedule(sampler.schedule)}
        hint={schedule && scheduleAdvice(schedule, t)}
        onChange={(id) => onChange({ schedule: id })}
      >
        {schedules.value.value?.map(({ id, names }) => (
          <option key={id} value={id}>
            {names.a1111 ?? id}
          </option>
        ))}
      </ChoiceField>
      <ProblemNote error={samplers.error.value ?? schedules.error.value} />
    </>
  );
}
