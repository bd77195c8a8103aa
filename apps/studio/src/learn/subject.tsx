// What the figures draw: one prompt and one seed for all of them.

import { signal, useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { Icon } from "../ui/icon.tsx";
import { learnText } from "./text/text.ts";

/** Prompt and seed. */
export interface Subject {
  readonly prompt: string;
  readonly seed: number;
}

/** What is drawn; undefined until a reader says so: then it is the first example of the language. */
const chosen = signal<Partial<Subject>>({});

/** What is drawn now. */
export const subjectNow = (): Subject => ({
  prompt: chosen.value.prompt ?? learnText.value.subject.examples[0],
  seed: chosen.value.seed ?? 7,
});

/** The options that all figures share: DDIM from pure noise on, in the model's own size. */
export const lessonOptions = { sampler: "ddim", schedule: "trailing", upscale: false } as const;

/** The form that chooses. */
export function SubjectForm() {
  const t = learnText.value.subject;
  const id = useId();
  const { prompt, seed } = subjectNow();
  const written = useSignal<string | undefined>(undefined);
  const draw = (prompt: string) => {
    written.value = undefined;
    if (prompt.trim() !== "") chosen.value = { ...chosen.value, prompt: prompt.trim() };
  };
  return (
    <form
      class="panel subject"
      onSubmit={(event) => {
        event.preventDefault();
        draw(written.value ?? prompt);
      }}
    >
      <div class="field">
        <label for={id}>{t.title}</label>
        <div class="row subject-row">
          <input
            id={id}
            class="input grow"
            aria-describedby={`${id}-hint`}
            value={written.value ?? prompt}
            onInput={({ currentTarget }) => (written.value = currentTarget.value)}
          />
          <button type="submit" class="button primary">
            {t.draw}
          </button>
          <button type="button" class="button" onClick={() => (chosen.value = { prompt, seed: seed + 1 })}>
            <Icon name="dice" />
            {t.noise}
          </button>
        </div>
        <p class="hint" id={`${id}-hint`}>
          {t.hint} {t.seed(seed)}.
        </p>
      </div>
      <div class="row">
        {t.examples.map((example) => (
          <button
            key={example}
            type="button"
            class="button small"
            aria-pressed={example === prompt}
            onClick={() => draw(example)}
          >
            {example}
          </button>
        ))}
      </div>
    </form>
  );
}
