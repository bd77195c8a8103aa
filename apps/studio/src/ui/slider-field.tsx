// A number: a slider for the usual range, a box for any, and a way back to the model's own.

import { useId } from "preact/hooks";
import { text } from "../text/text.ts";
import { Field } from "./field.tsx";
import { Icon } from "./icon.tsx";

/** A number that may be left to the model (undefined). Where `isOptional` is false it always has one. */
export function SliderField({
  label,
  value,
  usual,
  min,
  max,
  step,
  most = max,
  isOptional = true,
  hint,
  onChange,
}: {
  label: string;
  value: number | undefined;
  /** Where the slider stands while there is no value. */
  usual: number;
  min: number;
  /** End of the slider. */
  max: number;
  step: number;
  /** End of what may be written. */
  most?: number;
  isOptional?: boolean;
  hint?: string;
  onChange: (value: number | undefined) => void;
}) {
  const id = useId();
  const t = text.value;
  return (
    <Field
      label={label}
      htmlFor={id}
      hint={hint}
      aside={
        <span class="row">
          {isOptional && value !== undefined && (
            <button
              type="button"
              class="button quiet small icon-only"
              aria-label={t.backToAuto(label)}
              title={t.backToAuto(label)}
              onClick={() => onChange(undefined)}
            >
              <Icon name="close" />
            </button>
          )}
          <input
            class="input number"
            type="number"
            aria-label={t.exact(label)}
            min={min}
            max={most}
            step={step}
            placeholder={t.auto}
            value={value ?? ""}
            onChange={({ currentTarget }) => {
              const number = currentTarget.valueAsNumber;
              if (Number.isFinite(number)) onChange(Math.min(most, Math.max(min, number)));
              else if (isOptional) onChange(undefined);
              else currentTarget.value = String(value);
            }}
          />
        </span>
      }
    >
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        step={step}
        value={value ?? usual}
        onInput={({ currentTarget }) => onChange(currentTarget.valueAsNumber)}
      />
    </Field>
  );
}
