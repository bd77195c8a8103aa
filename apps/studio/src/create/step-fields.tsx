// Steps and guidance.

import { text } from "../text/text.ts";
import { SliderField } from "../ui/slider-field.tsx";

/** How long it samples, and how closely the prompt is followed; undefined is the model's own. */
export interface StepChoice {
  readonly steps?: number;
  readonly guidanceScale?: number;
}

/** Both sliders, which stand at `usual` while there is no choice. */
export function StepFields({
  choice,
  usual = { steps: 25, guidanceScale: 7 },
  onChange,
}: {
  choice: StepChoice;
  usual?: Required<StepChoice>;
  onChange: (choice: StepChoice) => void;
}) {
  const t = text.value;
  return (
    <>
      <SliderField
        label={t.create.steps}
        value={choice.steps}
        usual={usual.steps}
        min={1}
        max={60}
        most={1000}
        step={1}
        onChange={(steps) => onChange({ steps })}
      />
      <SliderField
        label={t.create.guidance}
        value={choice.guidanceScale}
        usual={usual.guidanceScale}
        min={0}
        max={20}
        most={100}
        step={0.5}
        onChange={(guidanceScale) => onChange({ guidanceScale })}
      />
    </>
  );
}
