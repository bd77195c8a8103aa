// LoRAs, embeddings, hypernetworks: what prompts call them, and a picture that was made with each.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ImageRecord } from "@noisette/server/schema/image";
import type { Adapter } from "@noisette/server/schema/model";
import { textOf } from "../prompt/completion.ts";
import { client } from "../state/api.ts";
import { changeSettings, createSettings } from "../state/create-settings.ts";
import { adapters } from "../state/tables.ts";
import { toast } from "../state/toast.ts";
import { text } from "../text/text.ts";
import { Icon } from "../ui/icon.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";

/** All of them. */
export function AdapterList() {
  const t = text.value;
  const list = adapters.value.value ?? [];
  return (
    <section class="panel">
      <h2>{t.models.adapters}</h2>
      <ProblemNote error={adapters.error.value} />
      {list.length === 0 && <p class="hint">{t.models.noAdapters}</p>}
      <ul class="adapters">
        {list.map((adapter) => (
          <AdapterItem key={`${adapter.kind} ${adapter.name}`} adapter={adapter} />
        ))}
      </ul>
    </section>
  );
}

function AdapterItem({ adapter }: { adapter: Adapter }) {
  const t = text.value;
  const { name, kind, aliases } = adapter;
  const preview = useSignal<ImageRecord | undefined>(undefined);
  useEffect(() => {
    // The newest picture whose prompt calls it; without one there is none to show.
    client.images({ words: name, limit: 1 }).then(
      ({ images }) => (preview.value = images[0]),
      () => undefined,
    );
  }, [name]);
  return (
    <li class="adapter">
      <div class="adapter-preview checkered">
        {preview.value === undefined ? (
          <Icon name="models" />
        ) : (
          <img src={client.address(preview.value.thumbnail)} alt={preview.value.prompt} loading="lazy" />
        )}
      </div>
      <div class="grow">
        <strong>{name}</strong>
        <p class="hint">{[t.adapterKinds[kind], ...aliases].join(" · ")}</p>
      </div>
      <button
        type="button"
        class="button small"
        onClick={() => {
          const { prompt } = createSettings.value;
          changeSettings({ prompt: [prompt, textOf(adapter)].filter((part) => part !== "").join(" ") });
          toast(t.models.inPrompt(name));
        }}
      >
        <Icon name="plus" />
        {t.models.toPrompt}
      </button>
    </li>
  );
}
