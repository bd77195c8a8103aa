// Where the static site begins: Create and Learn, with the bundled model in this browser and no server.

import "../style/tokens.css";
import "../style/base.css";
import "../style/controls.css";
import "../style/shell.css";
import { render } from "preact";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { LazyScreen } from "../shell/lazy-screen.tsx";
import { HeaderControls } from "../shell/header-controls.tsx";
import logo from "../shell/noisette.svg";
import { addressOf, route } from "../state/route.ts";
import { text } from "../text/text.ts";
import { Icon } from "../ui/icon.tsx";

const screens = [
  {
    id: "learn",
    icon: "learn",
    load: async (): Promise<ComponentType> => (await import("../learn/learn-screen.tsx")).LearnScreen,
  },
  {
    id: "create",
    icon: "create",
    load: async (): Promise<ComponentType> => (await import("./create-here.tsx")).CreateHere,
  },
] as const;

/** The site. */
function Site() {
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
        <HeaderControls />
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
    </div>
  );
}

render(<Site />, document.getElementById("app")!);
