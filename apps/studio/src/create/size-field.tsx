// Width and height: the model's own, shapes to choose by sight, or numbers.

import { useId } from "preact/hooks";
import { changeSettings, createSettings } from "../state/create-settings.ts";
import { modelNamed } from "../state/tables.ts";
import { text } from "../text/text.ts";
import { Icon } from "../ui/icon.tsx";
import { sizePresets } from "./size-presets.ts";

const largestSide = 22;

/** The size. */
export function SizeField() {
  const t = text.value.create;
  const id = useId();
  const { width, height, model } = createSettings.value;
  const presets = sizePresets(modelNamed(model)?.family);
  return (
    <fieldset class="field">
      <legend class="label">{t.size}</legend>
      <div class="shapes" role="group">
        <button
          type="button"
          class="shape"
          aria-pressed={width === undefined && height === undefined}
          onClick={() => changeSettings({ width: undefined, height: undefined })}
        >
          {text.value.auto}
        </button>
        {presets.map((preset) => (
          <button
            key={`${preset.width}×${preset.height}`}
            type="button"
            class="shape"
            aria-label={`${preset.width} × ${preset.height}`}
            title={`${preset.width} × ${preset.height}`}
            aria-pressed={preset.width === width && preset.height === height}
            onClick={() => changeSettings(preset)}
          >
            <span style={scaled(preset)} />
          </button>
        ))}
      </div>
      <div class="row">
        <SideInput
          id={`${id}-width`}
          label={t.width}
          value={width}
          onChange={(side) => changeSettings({ width: side })}
        />
        <button
          type="button"
          class="button quiet small icon-only"
          aria-label={t.swapSides}
          title={t.swapSides}
          disabled={width === undefined && height === undefined}
          onClick={() => changeSettings({ width: height, height: width })}
        >
          <Icon name="swap" />
        </button>
        <SideInput
          id={`${id}-height`}
          label={t.height}
          value={height}
          onChange={(side) => changeSettings({ height: side })}
        />
      </div>
    </fieldset>
  );
}

function SideInput({
  id,
  label,
  value,
  onChange,
}: {
  id: string;
  label: string;
  value: number | undefined;
  onChange: (value: number | undefined) => void;
}) {
  return (
    <>
      <label for={id} class="visually-hidden">
        {label}
      </label>
      <input
        id={id}
        class="input number"
        type="number"
        min={8}
        max={16384}
        step={8}
        placeholder={text.value.auto}
        value={value ?? ""}
        onChange={({ currentTarget: { valueAsNumber } }) =>
          onChange(Number.isFinite(valueAsNumber) ? Math.max(8, 8 * Math.round(valueAsNumber / 8)) : undefined)
        }
      />
    </>
  );
}

const scaled = ({ width, height }: { width: number; height: number }) => ({
  width: `${(largestSide * width) / Math.max(width, height)}px`,
  height: `${(largestSide * height) / Math.max(width, height)}px`,
});
