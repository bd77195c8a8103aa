// What a picture file tells of how it was made, and what to do with it.

import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { readHistory } from "@noisette/core/metadata/read-history";
import type { PictureHistory } from "@noisette/core/metadata/read-history";
import { openFileInCanvas } from "../state/canvas-source.ts";
import { takeOptions } from "../state/create-settings.ts";
import { importedFile } from "../state/imported.ts";
import { goTo } from "../state/route.ts";
import { models } from "../state/tables.ts";
import { text } from "../text/text.ts";
import { BusyButton } from "../ui/busy-button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Icon } from "../ui/icon.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { optionDefaults } from "./option-defaults.ts";
import "./pictures.css";

/** What a picture tells, in the form that Create takes. */
interface ImportedSettings {
  readonly software: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly model?: string;
  /** What cannot be repeated, in words. */
  readonly missing: readonly string[];
}

/** The dialog for `file`. */
export function ImportedDialog({ file }: { file: File }) {
  const t = text.value;
  const settings = useSignal<ImportedSettings | undefined>(undefined);
  const problem = useSignal<unknown>(undefined);
  const address = useMemo(() => URL.createObjectURL(file), [file]);
  useEffect(() => {
    void models.load();
    file
      .arrayBuffer()
      .then((bytes) => (settings.value = settingsOf(readHistory(new Uint8Array(bytes), file.name))))
      .catch((error: unknown) => (problem.value = error));
    return () => URL.revokeObjectURL(address);
  }, [file, address]);
  // The browser tells of closing later: by then another file may have been dropped, which stays.
  const close = () => {
    if (importedFile.value === file) importedFile.value = undefined;
  };
  const use = async () => {
    const { options, model } = settings.value!;
    const installed = model === undefined ? undefined : installedModel(model);
    takeOptions(options, { model: installed, defaults: optionDefaults });
    goTo("create");
    close();
  };
  const told = settings.value;
  return (
    <Dialog title={file.name} wide onClose={close}>
      <div class="viewer">
        <div class="viewer-picture checkered">
          <img src={address} alt={file.name} />
        </div>
        <div class="stack">
          {told && (
            <>
              <p class="hint">{t.imported.madeBy(told.software)}</p>
              <p class="prompt-text">{String(told.options.prompt)}</p>
              <dl class="facts">
                {Object.entries(told.options)
                  .filter(
                    ([name, value]) =>
                      name !== "prompt" && JSON.stringify(value) !== JSON.stringify(optionDefaults[name]),
                  )
                  .map(([name, value]) => [
                    <dt key={name}>{name}</dt>,
                    <dd key={`${name} is`}>{typeof value === "string" ? value : JSON.stringify(value)}</dd>,
                  ])}
                {told.model !== undefined && [
                  <dt key="model">{t.facts.model}</dt>,
                  <dd key="model is">
                    {told.model}
                    {installedModel(told.model) === undefined && ` (${t.imported.notInstalled})`}
                  </dd>,
                ]}
              </dl>
              {told.missing.length > 0 && (
                <div class="notice">
                  <p>{t.imported.missing}</p>
                  <ul>
                    {told.missing.map((line) => (
                      <li key={line}>{line}</li>
                    ))}
                  </ul>
                </div>
              )}
              <BusyButton class="button primary" act={use}>
                <Icon name="reuse" />
                {t.pictures.action.reuse}
              </BusyButton>
            </>
          )}
          <ProblemNote error={problem.value} />
          <BusyButton
            act={async () => {
              await openFileInCanvas(file, "whole");
              close();
            }}
          >
            <Icon name="init" />
            {t.pictures.action.init}
          </BusyButton>
        </div>
      </div>
    </Dialog>
  );
}

function settingsOf({ record, settings }: PictureHistory): ImportedSettings {
  if (record !== undefined)
    return {
      software: `noisette ${record.version}`,
      options: record.template === undefined ? record.options : { ...record.options, ...record.template },
      model: record.model.name,
      missing: (["init", "mask", "depth"] as const)
        .filter((part) => record[part] !== undefined)
        .map((part) => text.value.imported.notKept[part]),
    };
  const { software, options, model, networks, init, mask, notReproduced } = settings;
  return {
    software,
    options: { ...options, prompt: [[options.prompt].flat()[0], ...networks].join(" ") },
    model: model?.name ?? model?.hash,
    missing: [init, mask, ...notReproduced].filter((line) => line !== undefined),
  };
}

/** The id of the installed model that is called so: by its whole id, or by the name of its file. */
function installedModel(name: string): string | undefined {
  const stem = (id: string) =>
    id
      .split("/")
      .at(-1)!
      .replace(/\.(safetensors|ckpt|pt)$/, "")
      .toLowerCase();
  return (models.value.value ?? []).find(({ id }) => id === name || stem(id) === stem(name))?.id;
}
