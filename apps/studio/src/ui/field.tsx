// A labelled control, with a hint under it.

import type { ComponentChildren } from "preact";

/** The label, what stands beside it, the control with the id `htmlFor`, and the hint. */
export function Field({
  label,
  htmlFor,
  hint,
  aside,
  children,
}: {
  label: string;
  htmlFor: string;
  hint?: ComponentChildren;
  aside?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <div class="field">
      <div class="label-row">
        <label for={htmlFor}>{label}</label>
        {aside}
      </div>
      {children}
      {hint !== undefined && hint !== "" && (
        <p class="hint" id={`${htmlFor}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
