// What stands around every screen: the header with the name, the rail of screens.

import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { addressOf, route } from "../state/route.ts";
import { text } from "../text/text.ts";
import { Icon } from "../ui/icon.tsx";
import { HeaderControls } from "./header-controls.tsx";
import { LazyScreen } from "./lazy-screen.tsx";
import logo from "./noisette.svg";
import type { Screen } from "./screens.ts";

/** The screen that the address names, the first where it names none, in its frame; `children` lie over it. */
export function Frame({
  screens,
  onKeys,
  children,
}: {
  screens: readonly Screen[];
  /** Shows what the keys do. */
  onKeys?: () => void;
  children?: ComponentChildren;
}) {
  const t = text.value;
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
        <HeaderControls onKeys={onKeys} />
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
      {children}
    </div>
  );
}
