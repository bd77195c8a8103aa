// The seed: a number to come back to, or a new one each time.

import { useId } from "preact/hooks";
import { randomSeed } from "../pictures/picture-actions.ts";
import { changeSettings, createSettings } from "../state/create-settings.ts";
import { text } from "../text/text.ts";
import { Field } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";

/** The seed. */
export function SeedField() {
  const t = text.value.create;
  const id = useId();
  const { seed } = createSettings.value;
  return (
    <Field label={t.seed} htmlFor={id}>
      <div class="row">
        <input
          id={id}
          class="input grow"
          inputMode="numeric"
          placeholder={t.seedRandom}
          value={seed ?? ""}
          onChange={({ currentTarget }) => {
            const written = currentTarget.value.trim();
            const isSeed = /^\d+$/.test(written) && Number.isSafeInteger(Number(written));
            changeSettings({ seed: isSeed ? Number(written) : undefined });
            if (!isSeed) currentTarget.value = "";
          }}
        />
        <button
          type="button"
          class="button icon-only"
          aria-label={seed === undefined ? t.seedHold : t.seedFree}
          title={seed === undefined ? t.seedHold : t.seedFree}
          aria-pressed={seed !== undefined}
          onClick={() => changeSettings({ seed: seed === undefined ? randomSeed() : undefined })}
        >
          <Icon name="dice" />
        </button>
      </div>
    </Field>
  );
}
