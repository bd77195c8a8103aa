// Language, theme, keys.

import { languageNames, language, text } from "../text/text.ts";
import { themeChoice, themeChoices } from "../state/theme.ts";
import { Icon } from "../ui/icon.tsx";

const themeIcons = { system: "system", light: "sun", dark: "moon" } as const;

/** The header's right side; the list of keys where there are any. */
export function HeaderControls({ onKeys }: { onKeys?: () => void }) {
  const t = text.value;
  const choice = themeChoice.value;
  const nextTheme = themeChoices[(themeChoices.indexOf(choice) + 1) % themeChoices.length];
  const other = language.value === "en" ? "zh" : "en";
  return (
    <>
      <button type="button" class="button quiet" lang={other} onClick={() => (language.value = other)}>
        <Icon name="language" />
        {languageNames[other]}
      </button>
      <button
        type="button"
        class="button quiet icon-only"
        aria-label={t.themeIs(t.themes[choice])}
        title={t.themeIs(t.themes[choice])}
        onClick={() => (themeChoice.value = nextTheme)}
      >
        <Icon name={themeIcons[choice]} />
      </button>
      {onKeys && (
        <button
          type="button"
          class="button quiet icon-only keys-button"
          aria-label={t.keys.title}
          title={t.keys.title}
          onClick={onKeys}
        >
          <Icon name="keys" />
        </button>
      )}
    </>
  );
}
