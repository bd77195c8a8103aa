// What a picture is to show, and what not.

import { text } from "../text/text.ts";
import { PromptField } from "./prompt-field.tsx";

interface Prompts {
  readonly prompt: string;
  readonly negativePrompt: string;
}

/** Both prompts; `rows` are their heights while they are short. */
export function PromptFields({
  value,
  hint,
  rows,
  onChange,
}: {
  value: Prompts;
  /** What stands in the first while it is empty. */
  hint: string;
  rows: readonly [positive: number, negative: number];
  onChange: (change: Partial<Prompts>) => void;
}) {
  const t = text.value.create;
  return (
    <>
      <PromptField
        label={t.prompt}
        role="positive"
        rows={rows[0]}
        value={value.prompt}
        placeholder={hint}
        onChange={(prompt) => onChange({ prompt })}
      />
      <PromptField
        label={t.negative}
        role="negative"
        rows={rows[1]}
        value={value.negativePrompt}
        placeholder={t.negativeHint}
        onChange={(negativePrompt) => onChange({ negativePrompt })}
      />
    </>
  );
}
