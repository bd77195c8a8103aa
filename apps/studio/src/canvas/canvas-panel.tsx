// What to make of the picture on the canvas.

import { canvasGuide } from "../guide/guide.ts";
import { GuideFields } from "../guide/guide-fields.tsx";
import { canvasSource, canvasTask } from "../state/canvas-source.ts";
import { CountMenu } from "../create/count-menu.tsx";
import { ModelField } from "../create/sampling-fields.tsx";
import { StepFields } from "../create/step-fields.tsx";
import { PromptFields } from "../prompt/prompt-fields.tsx";
import { text } from "../text/text.ts";
import { Icon } from "../ui/icon.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { SliderField } from "../ui/slider-field.tsx";
import { ChoiceField } from "../create/choice-field.tsx";
import { canvasSettings, changeCanvas } from "./drawing.ts";
import type { CanvasSettings } from "./canvas-request.ts";

const counts = [1, 2, 4];
const sizes = [512, 768, 1024, 1280];
const fills: readonly CanvasSettings["fill"][] = ["original", "fill", "noise", "nothing"];

/** The form; `why` says why nothing can be made yet. */
export function CanvasPanel({
  isSending,
  problem,
  why,
  onGenerate,
}: {
  isSending: boolean;
  problem: unknown;
  why: string | undefined;
  onGenerate: () => void;
}) {
  const t = text.value;
  const task = canvasTask.value;
  const settings = canvasSettings.value;
  return (
    <form
      class="panel"
      aria-label={t.canvas.settings}
      onSubmit={(event) => {
        event.preventDefault();
        onGenerate();
      }}
    >
      <PromptFields value={settings} hint={t.canvas.promptHints[task]} rows={[3, 1]} onChange={changeCanvas} />
      <div class="generate-row">
        <button
          type="submit"
          class="button primary grow"
          disabled={isSending || why !== undefined}
          title={t.create.generateKeys}
        >
          <Icon name="create" />
          {t.create.generate}
        </button>
        <CountMenu counts={counts} value={settings.count} onChange={(count) => changeCanvas({ count })} />
      </div>
      {why !== undefined && <p class="notice">{why}</p>}
      <ProblemNote error={problem} />
      <SliderField
        label={t.canvas.strength}
        value={settings.strength}
        usual={0.6}
        min={0.05}
        max={1}
        step={0.05}
        isOptional={false}
        hint={t.canvas.strengthHint}
        onChange={(strength) => changeCanvas({ strength: strength! })}
      />
      {task !== "whole" && (
        <SliderField
          label={t.canvas.feather}
          value={settings.feather}
          usual={4}
          min={0}
          max={64}
          most={256}
          step={1}
          isOptional={false}
          hint={t.canvas.featherHint}
          onChange={(feather) => changeCanvas({ feather: feather! })}
        />
      )}
      {task === "part" && (
        <>
          <label class="check">
            <input
              type="checkbox"
              checked={settings.onlyMasked}
              onChange={({ currentTarget }) => changeCanvas({ onlyMasked: currentTarget.checked })}
            />
            {t.canvas.onlyMasked}
          </label>
          <div class="field">
            <label for="canvas-fill">{t.canvas.fill}</label>
            <select
              id="canvas-fill"
              class="select"
              value={settings.fill}
              onChange={({ currentTarget }) => changeCanvas({ fill: currentTarget.value as CanvasSettings["fill"] })}
            >
              {fills.map((fill) => (
                <option key={fill} value={fill}>
                  {t.canvas.fills[fill]}
                </option>
              ))}
            </select>
          </div>
        </>
      )}
      <GuideFields guide={canvasGuide} own={canvasSource.value} />
      <ModelField choice={settings} onChange={changeCanvas} />
      <div class="columns">
        <StepFields choice={settings} onChange={changeCanvas} />
      </div>
      <ChoiceField
        label={t.canvas.workAt}
        value={settings.longestSide === undefined ? undefined : String(settings.longestSide)}
        auto={t.canvas.ownSize}
        onChange={(side) => changeCanvas({ longestSide: side === undefined ? undefined : Number(side) })}
      >
        {sizes.map((side) => (
          <option key={side} value={side}>
            {t.canvas.longest(side)}
          </option>
        ))}
      </ChoiceField>
    </form>
  );
}
