// A guide to set up: which network, which picture, how it is made ready, how strongly it acts.

import type { Signal } from "@preact/signals";
import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import type { AnnotatorId } from "@noisette/core/image/annotators/index";
import { client } from "../state/api.ts";
import { controls } from "../state/tables.ts";
import { text } from "../text/text.ts";
import { Field } from "../ui/field.tsx";
import { FileButton } from "../ui/file-button.tsx";
import { Icon } from "../ui/icon.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { SliderField } from "../ui/slider-field.tsx";
import { ChoiceField } from "../create/choice-field.tsx";
import { AnnotatorPreview } from "./annotator-preview.tsx";
import type { Guide } from "./guide.ts";
import { usualAnnotator } from "./guide.ts";
import { SketchDialog } from "./sketch-dialog.tsx";
import "./guide.css";

/** The fields of `guide`, where the server has networks for it; `own` is the picture that is followed without another. */
export function GuideFields({
  guide,
  own,
}: {
  guide: Signal<Guide | undefined>;
  own?: { readonly reference: string; readonly address: string };
}) {
  const t = text.value.guide;
  const id = useId();
  const annotators = useSignal<readonly (readonly [id: AnnotatorId, draws: string])[]>([]);
  const sketches = useSignal(false);
  const problem = useSignal<unknown>(undefined);
  useEffect(() => void controls.load(), []);
  const networks = (controls.value.value ?? []).filter(({ kind }) => kind !== "ip-adapter");
  const chosen = guide.value;
  useEffect(() => {
    if (chosen === undefined || annotators.value.length > 0) return;
    void import("@noisette/core/image/annotators/index").then((table) => {
      annotators.value = table.annotatorIds.map((id) => [id, table.annotators[id].draws]);
    });
  }, [chosen === undefined]);
  if (networks.length === 0) return null;

  const change = (more: Partial<Guide>) => (guide.value = { ...guide.value!, ...more });
  const take = async (file: Blob) => {
    problem.value = undefined;
    try {
      const { id } = await client.upload(file);
      change({ picture: { reference: id, address: URL.createObjectURL(file) } });
    } catch (error) {
      problem.value = error;
    }
  };
  const shown = chosen?.picture ?? own;
  return (
    <fieldset class="stack guide">
      <ChoiceField
        label={t.title}
        auto={t.none}
        value={chosen?.network}
        onChange={(network) =>
          (guide.value =
            network === undefined
              ? undefined
              : { weight: 1, ...guide.value, network, annotator: usualAnnotator(network) })
        }
      >
        {networks.map(({ id }) => (
          <option key={id} value={id}>
            {id}
          </option>
        ))}
      </ChoiceField>
      {chosen !== undefined && (
        <>
          <div class="row">
            <FileButton class="button small" onFiles={([file]) => take(file)}>
              <Icon name="upload" />
              {t.upload}
            </FileButton>
            <button type="button" class="button small" onClick={() => (sketches.value = true)}>
              <Icon name="brush" />
              {t.draw}
            </button>
            {own !== undefined && chosen.picture !== undefined && (
              <button type="button" class="button quiet small" onClick={() => change({ picture: undefined })}>
                {t.followOwn}
              </button>
            )}
          </div>
          {shown === undefined ? (
            <p class="notice">{t.wanted}</p>
          ) : (
            <AnnotatorPreview address={shown.address} annotator={chosen.annotator} />
          )}
          <Field
            label={t.annotator}
            htmlFor={`${id}-annotator`}
            hint={annotators.value.find(([id]) => id === chosen.annotator)?.[1]}
          >
            <select
              id={`${id}-annotator`}
              class="select"
              value={chosen.annotator}
              onChange={({ currentTarget }) => change({ annotator: currentTarget.value as AnnotatorId })}
            >
              {(annotators.value.length > 0 ? annotators.value.map(([id]) => id) : [chosen.annotator]).map((id) => (
                <option key={id} value={id}>
                  {id}
                </option>
              ))}
            </select>
          </Field>
          <SliderField
            label={t.weight}
            value={chosen.weight}
            usual={1}
            min={0}
            max={2}
            step={0.05}
            isOptional={false}
            onChange={(weight) => change({ weight: weight! })}
          />
          <ProblemNote error={problem.value} />
        </>
      )}
      {sketches.value && (
        <SketchDialog
          onClose={() => (sketches.value = false)}
          onDrawn={async (file) => {
            sketches.value = false;
            // White lines on black are what networks for drawings were trained with: nothing is to be made of them.
            change({ annotator: "none" });
            await take(file);
          }}
        />
      )}
    </fieldset>
  );
}
