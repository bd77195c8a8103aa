// A prompt: colours for what its grammar means, the number of tokens, completion of names.

import { useSignal } from "@preact/signals";
import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import { adapters, wildcards } from "../state/tables.ts";
import { text } from "../text/text.ts";
import { Field } from "../ui/field.tsx";
import { completionsAt } from "./completion.ts";
import type { Completion } from "./completion.ts";
import { highlightPrompt } from "./highlight.ts";
import type { TokenCount } from "./token-count.ts";
import "./prompt-field.css";

/** A field for a prompt; `rows` is its height while it is short. */
export function PromptField({
  label,
  role,
  value,
  placeholder,
  rows,
  onChange,
}: {
  label: string;
  role: "positive" | "negative";
  value: string;
  placeholder?: string;
  rows: number;
  onChange: (value: string) => void;
}) {
  const t = text.value;
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const completions = useSignal<readonly Completion[]>([]);
  const chosen = useSignal(0);
  const { stretches, warnings } = useMemo(() => highlightPrompt(value, role), [value, role]);
  const count = useTokenCount(value, role);
  useEffect(() => void Promise.all([adapters.load(), wildcards.load()]), []);

  const complete = () => {
    const { selectionStart, selectionEnd, value: written } = area.current!;
    completions.value =
      selectionStart === selectionEnd
        ? completionsAt(written, selectionStart, {
            adapters: adapters.value.value ?? [],
            wildcards: wildcards.value.value ?? [],
          })
        : [];
    chosen.value = 0;
  };
  const take = ({ text: taken, start, end }: Completion) => {
    const written = value.slice(0, start) + taken + value.slice(end);
    onChange(written);
    completions.value = [];
    requestAnimationFrame(() => {
      area.current!.focus();
      area.current!.setSelectionRange(start + taken.length, start + taken.length);
    });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const { length } = completions.value;
    if (length === 0 || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowDown") chosen.value = (chosen.value + 1) % length;
    else if (event.key === "ArrowUp") chosen.value = (chosen.value + length - 1) % length;
    else if (event.key === "Enter" || event.key === "Tab") take(completions.value[chosen.value]);
    else if (event.key === "Escape") completions.value = [];
    else return;
    event.preventDefault();
  };

  return (
    <Field
      label={label}
      htmlFor={id}
      aside={
        count && (
          <span class="hint" data-testid={`${role}-tokens`}>
            {t.create.tokens(count.tokens, count.places)}
          </span>
        )
      }
      hint={warnings.map(({ message }) => message).join("; ")}
    >
      <div class="prompt-field" style={{ minHeight: `${rows * 1.5 + 1}rem` }}>
        <div class="painted" aria-hidden="true">
          {stretches.map(({ text, part, changes }, i) => (
            <span key={i} class={`part-${part}${changes ? " part-changes" : ""}`}>
              {text}
            </span>
          ))}
          {/* A last empty line has no height of its own. */}
          {"\u200b"}
        </div>
        <textarea
          ref={area}
          id={id}
          value={value}
          placeholder={placeholder}
          spellcheck={false}
          autocapitalize="off"
          aria-autocomplete="list"
          aria-haspopup="listbox"
          aria-controls={completions.value.length > 0 ? `${id}-completions` : undefined}
          aria-activedescendant={completions.value.length > 0 ? `${id}-completion-${chosen.value}` : undefined}
          onInput={({ currentTarget }) => {
            onChange(currentTarget.value);
            complete();
          }}
          onKeyDown={onKeyDown}
          onBlur={() => (completions.value = [])}
        />
        {completions.value.length > 0 && (
          <div class="completions" role="listbox" id={`${id}-completions`} aria-label={t.create.completions}>
            {completions.value.map((completion, i) => (
              <div
                key={completion.label}
                id={`${id}-completion-${i}`}
                role="option"
                aria-selected={i === chosen.value}
                onMouseDown={(event) => {
                  event.preventDefault(); // the caret stays where it is
                  take(completion);
                }}
              >
                <span>{completion.label}</span>
                <span class="hint">{t.adapterKinds[completion.kind]}</span>
              </div>
            ))}
          </div>
        )}
      </div>
    </Field>
  );
}

/** The count of a prompt, a moment after it was last changed; undefined while nobody knows it. */
function useTokenCount(prompt: string, role: "positive" | "negative"): TokenCount | undefined {
  const [count, setCount] = useState<TokenCount>();
  useEffect(() => {
    // The vocabulary is large: who writes nothing needs none.
    if (prompt.trim() === "") return setCount(undefined);
    let isLatest = true;
    const timer = setTimeout(async () => {
      try {
        const { countTokens } = await import("./token-count.ts");
        const counted = await countTokens(prompt, role);
        if (isLatest) setCount(counted);
      } catch {
        if (isLatest) setCount(undefined); // the vocabulary did not come: the prompt works without its count
      }
    }, 300);
    return () => {
      isLatest = false;
      clearTimeout(timer);
    };
  }, [prompt, role]);
  return count;
}
