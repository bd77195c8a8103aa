// The server wants a key: asks for it.

import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { takeServerKey } from "../state/api.ts";
import { text } from "../text/text.ts";
import { BusyButton } from "../ui/busy-button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";

/** Asks for a key until one is taken. */
export function KeyDialog() {
  const t = text.value;
  const id = useId();
  const key = useSignal("");
  return (
    <Dialog title={t.serverKey.title} onClose={() => undefined}>
      <div class="stack">
        <Field label={t.serverKey.label} htmlFor={id} hint={t.serverKey.hint}>
          <input
            id={id}
            class="input"
            type="password"
            autocomplete="current-password"
            value={key.value}
            onInput={({ currentTarget }) => (key.value = currentTarget.value)}
          />
        </Field>
        <BusyButton class="button primary" isDisabled={key.value === ""} act={() => takeServerKey(key.value.trim())}>
          {t.serverKey.use}
        </BusyButton>
      </div>
    </Dialog>
  );
}
