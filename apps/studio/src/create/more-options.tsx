// Every other option, found by its name: the schema that the server checks requests by says what there is.

import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import { changeMore, createSettings } from "../state/create-settings.ts";
import { text } from "../text/text.ts";
import { Icon } from "../ui/icon.tsx";
import type { OptionRow } from "./option-table.ts";

/** The options that were added, and a way to add others. */
export function MoreOptions() {
  const t = text.value.create;
  const id = useId();
  const rows = useSignal<readonly OptionRow[]>([]);
  const isOpen = useSignal(false);
  const { more } = createSettings.value;
  const names = Object.keys(more);
  useEffect(() => {
    if (!isOpen.value && names.length === 0) return;
    void import("./option-table.ts").then(({ optionRows }) => (rows.value = optionRows));
  }, [isOpen.value, names.length > 0]);
  const left = rows.value.filter(({ name }) => !Object.hasOwn(more, name));
  const add = (name: string): boolean => {
    const row = left.find((one) => one.name === name);
    if (row !== undefined) changeMore(name, row.first);
    return row !== undefined;
  };
  return (
    <div class="stack">
      {names.map((name) => (
        <OptionEditor key={name} name={name} row={rows.value.find((one) => one.name === name)} value={more[name]} />
      ))}
      <div class="field">
        <label for={id}>{t.addOption}</label>
        <input
          id={id}
          class="input"
          list={`${id}-list`}
          placeholder={t.addOptionHint}
          onFocus={() => (isOpen.value = true)}
          onInput={({ currentTarget }) => {
            if (add(currentTarget.value)) currentTarget.value = "";
          }}
        />
        <datalist id={`${id}-list`}>
          {left.map(({ name, about }) => (
            <option key={name} value={name}>
              {about}
            </option>
          ))}
        </datalist>
      </div>
    </div>
  );
}

function OptionEditor({ name, row, value }: { name: string; row: OptionRow | undefined; value: unknown }) {
  const t = text.value.create;
  const id = useId();
  const problem = useSignal("");
  const change = (next: unknown) => changeMore(name, next);
  return (
    <div class="field option">
      <div class="label-row">
        <label for={id}>
          <code>{name}</code>
        </label>
        <button
          type="button"
          class="button quiet small icon-only"
          aria-label={t.removeOption(name)}
          title={t.removeOption(name)}
          onClick={() => change(undefined)}
        >
          <Icon name="close" />
        </button>
      </div>
      {row?.choices !== undefined ? (
        <select
          id={id}
          class="select"
          value={String(value)}
          onChange={({ currentTarget }) => change(currentTarget.value)}
        >
          {row.choices.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      ) : typeof value === "boolean" ? (
        <input
          id={id}
          type="checkbox"
          checked={value}
          onChange={({ currentTarget }) => change(currentTarget.checked)}
        />
      ) : (
        <input
          id={id}
          class="input"
          value={typeof value === "string" ? value : JSON.stringify(value)}
          aria-invalid={problem.value !== ""}
          onChange={({ currentTarget }) => {
            try {
              change(row?.isText ? currentTarget.value : JSON.parse(currentTarget.value));
              problem.value = "";
            } catch {
              problem.value = t.noValue;
            }
          }}
        />
      )}
      <p class="hint">{problem.value || row?.about}</p>
    </div>
  );
}
