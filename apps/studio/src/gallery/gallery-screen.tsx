// Gallery: every picture the server has, found by words and facts; two of them compared; plots.

import { useSignal } from "@preact/signals";
import { useCallback, useEffect, useRef } from "preact/hooks";
import type { ImageRecord } from "@noisette/server/schema/image";
import { galleryProblem, isSearching, loadMore, pictures, searchGallery } from "../state/gallery.ts";
import { importedFile } from "../state/imported.ts";
import { addressOf, route } from "../state/route.ts";
import { view } from "../state/viewer.ts";
import { useKey } from "../shell/keys.ts";
import { text } from "../text/text.ts";
import { FileButton } from "../ui/file-button.tsx";
import { Icon } from "../ui/icon.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { CompareDialog } from "./compare-dialog.tsx";
import { GalleryFilters } from "./gallery-filters.tsx";
import { GalleryGrid } from "./gallery-grid.tsx";
import { PlotScreen } from "./plot-screen.tsx";
import "../pictures/pictures.css";
import "./gallery.css";

/** The screen, and its plots. */
export function GalleryScreen() {
  return route.value.detail === "plot" ? <PlotScreen /> : <Pictures />;
}

function Pictures() {
  const t = text.value;
  const search = useRef<HTMLInputElement>(null);
  const compares = useSignal(false);
  const chosen = useSignal<readonly ImageRecord[]>([]);
  const shown = pictures.value ?? [];
  useEffect(() => void searchGallery(), []);
  useKey(
    "search",
    useCallback(() => search.current?.focus(), []),
  );
  const choose = (image: ImageRecord, index: number) => {
    if (!compares.value) return view(shown, index);
    const others = chosen.value.filter(({ id }) => id !== image.id);
    chosen.value = others.length < chosen.value.length ? others : [...others, image].slice(-2);
  };
  return (
    <div class="gallery">
      <div class="row spread">
        <h1>{t.screens.gallery}</h1>
        <div class="row gallery-actions">
          <FileButton onFiles={([file]) => (importedFile.value = file)}>
            <Icon name="info" />
            {t.gallery.readFile}
          </FileButton>
          <button
            type="button"
            class="button"
            aria-pressed={compares.value}
            onClick={() => {
              compares.value = !compares.value;
              chosen.value = [];
            }}
          >
            <Icon name="compare" />
            {t.gallery.compare}
          </button>
          <a class="button" href={addressOf("gallery", "plot")}>
            <Icon name="plot" />
            {t.gallery.plots}
          </a>
        </div>
      </div>
      <GalleryFilters searchField={search} />
      {compares.value && <p class="notice">{t.gallery.chooseTwo(chosen.value.length)}</p>}
      <ProblemNote error={galleryProblem.value} />
      {pictures.value !== undefined && shown.length === 0 && !isSearching.value && (
        <div class="empty">
          <Icon name="gallery" />
          <p>{t.gallery.nothing}</p>
        </div>
      )}
      <GalleryGrid images={shown} chosen={chosen.value} onChoose={choose} onEnd={loadMore} />
      {chosen.value.length === 2 && (
        <CompareDialog images={[chosen.value[0], chosen.value[1]]} onClose={() => (chosen.value = [])} />
      )}
    </div>
  );
}
