// A model: what it is, what is in its files, and what can be done with it.

import { useSignal } from "@preact/signals";
import type { ModelRecord } from "@noisette/server/schema/model";
import { client } from "../state/api.ts";
import { changeSettings } from "../state/create-settings.ts";
import { goTo } from "../state/route.ts";
import { models } from "../state/tables.ts";
import { text } from "../text/text.ts";
import { BusyButton } from "../ui/busy-button.tsx";
import { size } from "../ui/duration.ts";
import { Icon } from "../ui/icon.tsx";
import { Facts } from "./facts.tsx";

/** The panel of `model`. */
export function ModelDetails({ model }: { model: ModelRecord }) {
  const t = text.value.models;
  const report = useSignal<Record<string, unknown> | undefined>(undefined);
  const { id, family, task, origin, sizeBytes, isDefault, isLoaded, problem, notice } = model;
  const isUsable = problem === null;
  const then = (act: () => Promise<unknown>) => async () => {
    await act();
    await models.reload();
  };
  return (
    <section class="panel" aria-label={id}>
      <h2>{id}</h2>
      {notice !== null && <p class="notice">{notice}</p>}
      {problem !== null && <p class="problem">{problem}</p>}
      <dl class="facts">
        {(
          [
            [t.family, family],
            [t.task, task],
            [t.origin, t.origins[origin]],
            [t.size, size(sizeBytes)],
          ] as const
        )
          .filter(([, value]) => value !== null)
          .map(([name, value]) => [<dt key={name}>{name}</dt>, <dd key={`${name} is`}>{value}</dd>])}
      </dl>
      <div class="row">
        <button
          type="button"
          class="button primary"
          disabled={!isUsable}
          onClick={() => {
            changeSettings({ model: id });
            goTo("create");
          }}
        >
          <Icon name="create" />
          {t.use}
        </button>
        {!isDefault && (
          <BusyButton isDisabled={!isUsable} act={then(() => client.setDefaultModel(id))}>
            {t.makeDefault}
          </BusyButton>
        )}
        {isLoaded ? (
          <BusyButton act={then(() => client.unloadModel(id))}>{t.unload}</BusyButton>
        ) : (
          <BusyButton isDisabled={!isUsable} act={then(() => client.loadModel(id))}>
            {t.load}
          </BusyButton>
        )}
        <BusyButton isDisabled={!isUsable} act={async () => void (report.value = await client.inspectModel(id))}>
          <Icon name="info" />
          {t.inspect}
        </BusyButton>
      </div>
      {report.value !== undefined && <Facts of={report.value} />}
    </section>
  );
}
