// What is asked for.

import { changeSettings, createSettings } from "../state/create-settings.ts";
import { createGuide } from "../guide/guide.ts";
import { GuideFields } from "../guide/guide-fields.tsx";
import { PromptFields } from "../prompt/prompt-fields.tsx";
import { isNarrow } from "../state/narrow.ts";
import { text } from "../text/text.ts";
import { ProblemNote } from "../ui/problem-note.tsx";
import { Icon } from "../ui/icon.tsx";
import { CountMenu } from "./count-menu.tsx";
import { MoreOptions } from "./more-options.tsx";
import { ModelField, SamplerFields } from "./sampling-fields.tsx";
import { SeedField } from "./seed-field.tsx";
import { SizeField } from "./size-field.tsx";
import { StepFields } from "./step-fields.tsx";

const counts = [1, 2, 4, 8];

/** The form; `onGenerate` sends it. */
export function SettingsPanel({
  isSending,
  problem,
  onGenerate,
}: {
  isSending: boolean;
  problem: unknown;
  onGenerate: () => void;
}) {
  const t = text.value;
  const settings = createSettings.value;
  return (
    <form
      class="panel create-settings"
      aria-label={t.screens.create}
      onSubmit={(event) => {
        event.preventDefault();
        onGenerate();
      }}
    >
      <PromptFields value={settings} hint={t.create.promptHint} rows={[4, 2]} onChange={changeSettings} />
      <div class="generate-row">
        <button type="submit" class="button primary grow" disabled={isSending} title={t.create.generateKeys}>
          <Icon name="create" />
          {t.create.generate}
        </button>
        <CountMenu counts={counts} value={settings.count} onChange={(count) => changeSettings({ count })} />
      </div>
      <ProblemNote error={problem} />
      {isNarrow.value ? (
        <details class="more">
          <summary>{t.create.settings}</summary>
          <div class="stack">
            <Settings />
          </div>
        </details>
      ) : (
        <Settings />
      )}
    </form>
  );
}

/** All but the prompts: on a phone folded away, so that pictures are near. */
function Settings() {
  const t = text.value;
  const settings = createSettings.value;
  return (
    <>
      <ModelField choice={settings} onChange={changeSettings} />
      <SizeField />
      <div class="columns">
        <StepFields choice={settings} onChange={changeSettings} />
      </div>
      <div class="columns">
        <SamplerFields choice={settings} onChange={changeSettings} />
      </div>
      <SeedField />
      <GuideFields guide={createGuide} />
      <label class="check">
        <input
          type="checkbox"
          checked={settings.previews}
          onChange={({ currentTarget }) => changeSettings({ previews: currentTarget.checked })}
        />
        {t.create.previews}
      </label>
      <MoreOptions />
    </>
  );
}
