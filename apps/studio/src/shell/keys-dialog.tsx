// What the keys do, for who asks by "?".

import { Dialog } from "../ui/dialog.tsx";
import { text } from "../text/text.ts";
import { keyTable } from "./keys.ts";
import type { KeyAction } from "./keys.ts";

/** The table of keys. */
export function KeysDialog({ onClose }: { onClose: () => void }) {
  const t = text.value;
  return (
    <Dialog title={t.keys.title} onClose={onClose}>
      <dl class="facts">
        {(Object.keys(keyTable) as KeyAction[]).map((action) => (
          <>
            <dt key={action}>
              {keyTable[action].keys.map((key, i) => (
                <>
                  {i > 0 && " + "}
                  <kbd>{key}</kbd>
                </>
              ))}
            </dt>
            <dd>{t.keys[action]}</dd>
          </>
        ))}
      </dl>
    </Dialog>
  );
}
