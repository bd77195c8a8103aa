// X/Y/Z plots: the same picture over and over, with one setting changing along each side.

import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { changeSettings, createSettings, requestOf } from "../state/create-settings.ts";
import type { CreateSettings } from "../state/create-settings.ts";
import { isOver } from "../state/job-view.ts";
import { cancelJob, jobs, sendJob } from "../state/jobs.ts";
import { addressOf } from "../state/route.ts";
import { PromptField } from "../prompt/prompt-field.tsx";
import { randomSeed } from "../pictures/picture-actions.ts";
import { text } from "../text/text.ts";
import { BusyButton } from "../ui/busy-button.tsx";
import { Icon } from "../ui/icon.tsx";
import { axisKinds, axisValues } from "./plot-axes.ts";
import type { AxisKind, WrittenAxis } from "./plot-axes.ts";
import { plot, plotCells } from "./plot.ts";
import { PlotTable } from "./plot-table.tsx";
import "./gallery.css";

const axes = ["x", "y", "z"] as const;
const mostCells = 100;

/** The screen: the axes, and the pictures as they come. */
export function PlotScreen() {
  const t = text.value;
  const written = useSignal<Readonly<Record<(typeof axes)[number], WrittenAxis>>>({
    x: { kind: "guidanceScale", values: "3, 5, 7.5" },
    y: { kind: "seed", values: "1, 2" },
    z: { kind: "", values: "" },
  });
  const start = async () => {
    const [x, y, z] = axes.map((axis) => axisValues(written.value[axis]));
    const cells = plotCells({ x, y, z });
    if (cells.length > mostCells) throw new RangeError(t.plot.tooMany(cells.length, mostCells));
    // Only what an axis changes may differ from cell to cell.
    const base = { ...createSettings.value, count: 1, seed: createSettings.value.seed ?? randomSeed() };
    plot.value = { x, y, z, jobs: [] };
    for (const { changes } of cells) {
      const settings = changes.reduce<CreateSettings>((changed, change) => change(changed), base);
      const id = await sendJob(requestOf({ ...settings, previews: false }), "plot");
      plot.value = { ...plot.value, jobs: [...plot.value.jobs, id] };
    }
  };
  const open = jobs.value.filter((job) => job.shownIn === "plot" && !isOver(job));
  return (
    <div class="stack">
      <div class="row">
        <a class="button quiet icon-only" href={addressOf("gallery")} aria-label={t.plot.back}>
          <Icon name="left" />
        </a>
        <h1>{t.gallery.plots}</h1>
      </div>
      <div class="panel">
        <PromptField
          label={t.create.prompt}
          role="positive"
          rows={2}
          value={createSettings.value.prompt}
          placeholder={t.create.promptHint}
          onChange={(prompt) => changeSettings({ prompt })}
        />
        <p class="hint">{t.plot.others}</p>
        {axes.map((axis) => (
          <AxisFields
            key={axis}
            name={axis}
            axis={written.value[axis]}
            onChange={(changed) => (written.value = { ...written.value, [axis]: changed })}
          />
        ))}
        <div class="row">
          <BusyButton class="button primary" act={start} isDisabled={open.length > 0}>
            <Icon name="plot" />
            {t.plot.start}
          </BusyButton>
          {open.length > 0 && (
            <BusyButton act={async () => void (await Promise.all(open.map(({ id }) => cancelJob(id))))}>
              <Icon name="stop" />
              {t.plot.stop(open.length)}
            </BusyButton>
          )}
        </div>
      </div>
      <PlotTable />
    </div>
  );
}

function AxisFields({
  name,
  axis,
  onChange,
}: {
  name: string;
  axis: WrittenAxis;
  onChange: (axis: WrittenAxis) => void;
}) {
  const t = text.value.plot;
  const id = useId();
  return (
    <div class="axis">
      <label for={`${id}-kind`}>{name.toUpperCase()}</label>
      <select
        id={`${id}-kind`}
        class="select"
        value={axis.kind}
        onChange={({ currentTarget }) => {
          const kind = axisKinds.find(({ id }) => id === currentTarget.value);
          onChange({ kind: (kind?.id ?? "") as AxisKind["id"], values: kind?.example ?? "" });
        }}
      >
        <option value="">{t.none}</option>
        {axisKinds.map((kind) => (
          <option key={kind.id} value={kind.id}>
            {t.kinds[kind.id]}
          </option>
        ))}
      </select>
      <input
        class="input"
        aria-label={t.values(name.toUpperCase())}
        disabled={axis.kind === ""}
        value={axis.values}
        onInput={({ currentTarget }) => onChange({ ...axis, values: currentTarget.value })}
      />
    </div>
  );
}
