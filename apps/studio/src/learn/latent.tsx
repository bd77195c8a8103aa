// Chapter 3: the latent, and what the autoencoder keeps.

import { useSignal } from "@preact/signals";
import { psnr } from "@noisette/core/evaluation/psnr";
import type { Image } from "@noisette/core/image/image";
import { overGround } from "@noisette/core/image/over-ground";
import type { Tensor } from "@noisette/core/tensor/tensor";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { decode, modelState } from "../browser/model.ts";
import { Picture } from "../browser/picture.tsx";
import { Chapter, Figure, InSymbols } from "./figure.tsx";
import { Formula } from "./formula.tsx";
import { tools, withEdits } from "./latent-edits.ts";
import type { Edits, Tool } from "./latent-edits.ts";
import { LatentMap } from "./latent-map.tsx";
import { SourceChoice, sourceLatents, sourcePicture } from "./source.tsx";
import { learnText } from "./text/text.ts";
import { useLatest } from "./use-latest.ts";

/** The chapter. */
export function Latent() {
  const t = learnText.value.chapters.latent;
  const picture = sourcePicture();
  const tool = useSignal<Tool>("erase");
  const edits = useSignal<Edits>(new Map());
  useEffect(() => void (edits.value = new Map()), [picture]);
  const latents = sourceLatents.value;
  const edited = useMemo(() => latents && withEdits(latents, edits.value), [latents, edits.value]);
  const decoded = useLatest<Tensor, Image>(edited, decode);
  const [, channels, rows, columns] = latents?.dims ?? [1, 0, 8, 8];
  const numbers = picture && latents && picture.width * picture.height * (modelChannels() ?? 3);
  return (
    <Chapter id="latent" number={3} title={t.title} lead={t.lead}>
      <Figure caption={t.caption}>
        <div class="row spread">
          <SourceChoice />
          <div class="row" role="group" aria-label={t.tool}>
            {tools.map((name) => (
              <button
                key={name}
                type="button"
                class="button small"
                aria-pressed={tool.value === name}
                onClick={() => (tool.value = name)}
              >
                {t[name]}
              </button>
            ))}
            <button
              type="button"
              class="button small quiet"
              disabled={edits.value.size === 0}
              onClick={() => (edits.value = new Map())}
            >
              {t.clear}
            </button>
          </div>
        </div>
        <div class="trio">
          <div class="tile">
            <Picture image={picture} label={t.original} />
            <p class="tile-label">{t.original}</p>
          </div>
          <div class="tile">
            <div class="board">
              <Picture image={decoded} label={edits.value.size > 0 ? t.edited : t.reconstruction} />
              {latents && <Board rows={rows} columns={columns} edits={edits.value} onEdit={toggle} />}
            </div>
            <p class="tile-label">
              {edits.value.size > 0 ? t.edited : t.reconstruction}
              {picture && decoded && ` · ${t.psnr(psnrOf(picture, decoded))}`}
            </p>
          </div>
          <div class="tile">
            <LatentMap latents={edited} label={learnText.value.chapters.reverse.channels} />
            <p class="tile-label">
              {learnText.value.chapters.reverse.channels}
              {latents && ` · ${channels} × ${rows} × ${columns}`}
            </p>
          </div>
        </div>
        <p class="hint">
          {numbers !== undefined &&
            latents !== undefined &&
            t.numbers(numbers, latents.data.length, (numbers / latents.data.length).toFixed(0))}
        </p>
      </Figure>
      <InSymbols explain={t.explain}>
        <Formula name="autoencoder" />
        <Formula name="psnr" />
      </InSymbols>
    </Chapter>
  );

  function toggle(place: number): void {
    const next = new Map(edits.value);
    if (next.get(place) === tool.value) next.delete(place);
    else next.set(place, tool.value);
    edits.value = next;
  }
}

/** A button for each place of the latent, over the picture; arrow keys go from one to the next. */
function Board({
  rows,
  columns,
  edits,
  onEdit,
}: {
  rows: number;
  columns: number;
  edits: Edits;
  onEdit: (place: number) => void;
}) {
  const t = learnText.value.chapters.latent;
  const element = useRef<HTMLDivElement>(null);
  const focused = useSignal(0);
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -columns,
    ArrowDown: columns,
  };
  return (
    <div
      ref={element}
      class="board-places"
      role="group"
      aria-label={t.board}
      style={{ gridTemplateColumns: `repeat(${columns}, 1fr)` }}
      onKeyDown={(event) => {
        const next = focused.value + (steps[event.key] ?? Number.NaN);
        if (!(next >= 0 && next < rows * columns)) return;
        event.preventDefault();
        focused.value = next;
        (element.current!.children[next] as HTMLElement).focus();
      }}
    >
      {Array.from({ length: rows * columns }, (_, place) => (
        <button
          key={place}
          type="button"
          tabIndex={place === focused.value ? 0 : -1}
          aria-label={t.place(Math.floor(place / columns) + 1, (place % columns) + 1)}
          aria-pressed={edits.has(place)}
          onFocus={() => (focused.value = place)}
          onClick={() => onEdit(place)}
        />
      ))}
    </div>
  );
}

function modelChannels(): number | undefined {
  return modelState.value.kind === "ready" ? modelState.value.facts.channels : undefined;
}

const psnrOf = (a: Image, b: Image): string =>
  a.width === b.width ? psnr(overGround(a), overGround(b)).toFixed(1) : "…";
