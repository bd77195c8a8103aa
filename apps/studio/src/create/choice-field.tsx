// A menu from one of the server's tables, with advice on what is chosen.

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { text } from "../text/text.ts";
import { Field } from "../ui/field.tsx";

/** A menu whose first choice is to leave it to the model. */
export function ChoiceField({
  label,
  value,
  auto = text.value.auto,
  hint,
  onChange,
  children,
}: {
  label: string;
  value: string | undefined;
  /** What the first choice is called. */
  auto?: string;
  hint?: string;
  onChange: (value: string | undefined) => void;
  /** The other choices. */
  children: ComponentChildren;
}) {
  const id = useId();
  return (
    <Field label={label} htmlFor={id} hint={hint}>
      <select
        id={id}
        class="select"
        value={value ?? ""}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={({ currentTarget }) => onChange(currentTarget.value === "" ? undefined : currentTarget.value)}
      >
        <option value="">{auto}</option>
        {children}
      </select>
    </Field>
  );
}
