// The studio around its screens: header, rail, messages, and the dialogs that belong to none of them.

import { useSignal } from "@preact/signals";
import { useCallback, useEffect } from "preact/hooks";
import { route, addressOf } from "../state/route.ts";
import { health } from "../state/tables.ts";
import { wantsKey } from "../state/api.ts";
import { toasts } from "../state/toast.ts";
import { text } from "../text/text.ts";
import { Icon } from "../ui/icon.tsx";
import { Viewer } from "../pictures/viewer.tsx";
import { ImportedPicture } from "../pictures/imported-picture.tsx";
import { HeaderControls } from "./header-controls.tsx";
import { KeyDialog } from "./key-dialog.tsx";
import { useKey } from "./keys.ts";
import { KeysDialog } from "./keys-dialog.tsx";
import { LazyScreen } from "./lazy-screen.tsx";
import logo from "./noisette.svg";
import { screens } from "./screens.ts";

/** All of it. */
export function App() {
  const t = text.value;
  const showsKeys = useSignal(false);
  useKey(
    "keys",
    useCallback(() => (showsKeys.value = true), [showsKeys]),
  );
  useEffect(() => void health.load(), []);
  const screen = screens.find(({ id }) => id === route.value.screen) ?? screens[0];
  useEffect(() => {
    document.title = `${t.screens[screen.id]} · Noisette`;
  }, [screen, t]);
  return (
    <div class="shell">
      <header class="header">
        <a class="brand" href={addressOf(screens[0].id)}>
          <img src={logo} alt="" />
          Noisette
        </a>
        <HeaderControls onKeys={() => (showsKeys.value = true)} />
      </header>
      <nav class="rail" aria-label={t.screensLabel}>
        {screens.map(({ id, icon }) => (
          <a key={id} href={addressOf(id)} aria-current={id === screen.id ? "page" : undefined}>
            <Icon name={icon} />
            {t.screens[id]}
          </a>
        ))}
      </nav>
      <main class="screen" id="screen" tabIndex={-1}>
        <LazyScreen key={screen.id} screen={screen} />
      </main>
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
    </div>
  );
}
