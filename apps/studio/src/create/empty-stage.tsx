// Before the first picture: prompts to begin with, and the newest pictures there are.

import { useEffect } from "preact/hooks";
import { client } from "../state/api.ts";
import { changeSettings } from "../state/create-settings.ts";
import { pictures, searchGallery } from "../state/gallery.ts";
import { view } from "../state/viewer.ts";
import { text } from "../text/text.ts";
import "../pictures/pictures.css";

const recent = 12;

/** What the stage shows while it is empty. */
export function EmptyStage() {
  const t = text.value.create;
  useEffect(() => void searchGallery({}), []);
  const newest = (pictures.value ?? []).slice(0, recent);
  return (
    <div class="empty-stage">
      <div class="empty">
        <h2>{t.emptyTitle}</h2>
        <p>{t.emptyHint}</p>
        <div class="row examples">
          {t.examples.map((prompt) => (
            <button key={prompt} type="button" class="button quiet small" onClick={() => changeSettings({ prompt })}>
              {prompt}
            </button>
          ))}
        </div>
      </div>
      {newest.length > 0 && (
        <section class="stack">
          <h2>{t.recent}</h2>
          <div class="thumbnails">
            {newest.map((image, i) => (
              <button
                key={image.id}
                type="button"
                class="tile-picture cropped checkered"
                aria-label={text.value.pictures.open(image.prompt)}
                onClick={() => view(newest, i)}
              >
                <img src={client.address(image.thumbnail)} alt="" loading="lazy" />
              </button>
            ))}
          </div>
        </section>
      )}
    </div>
  );
}
