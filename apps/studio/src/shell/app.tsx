// The studio: its screens in their frame, messages, and the dialogs that belong to none of them.

import { useSignal } from "@preact/signals";
import { useCallback, useEffect } from "preact/hooks";
import { health } from "../state/tables.ts";
import { wantsKey } from "../state/api.ts";
import { toasts } from "../state/toast.ts";
import { Viewer } from "../pictures/viewer.tsx";
import { ImportedPicture } from "../pictures/imported-picture.tsx";
import { Frame } from "./frame.tsx";
import { KeyDialog } from "./key-dialog.tsx";
import { useKey } from "./keys.ts";
import { KeysDialog } from "./keys-dialog.tsx";
import { screens } from "./screens.ts";

/** All of it. */
export function App() {
  const showsKeys = useSignal(false);
  useKey(
    "keys",
    useCallback(() => (showsKeys.value = true), [showsKeys]),
  );
  useEffect(() => void health.load(), []);
  return (
    <Frame screens={screens} onKeys={() => (showsKeys.value = true)}>
      <div class="toasts" role="status">
        {toasts.value.map(({ id, text }) => (
          <div class="toast" key={id}>
            {text}
          </div>
        ))}
      </div>
      <Viewer />
      <ImportedPicture />
      {showsKeys.value && <KeysDialog onClose={() => (showsKeys.value = false)} />}
      {wantsKey(health.error.value) && <KeyDialog />}
    </Frame>
  );
}
