// A picture large, beside how it was made and what can be done with it.

import { useSignal } from "@preact/signals";
import { useCallback, useEffect } from "preact/hooks";
import type { ImageDetail, ImageRecord } from "@noisette/server/schema/image";
import { client } from "../state/api.ts";
import { forgetPicture, pictureChanged } from "../state/gallery.ts";
import { stepView, viewed } from "../state/viewer.ts";
import { useKey } from "../shell/keys.ts";
import { language, text } from "../text/text.ts";
import { BusyButton } from "../ui/busy-button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Icon } from "../ui/icon.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { PictureActions } from "./picture-tile.tsx";
import { Stars } from "./stars.tsx";
import "./pictures.css";

/** The viewer, while a picture is viewed. */
export function Viewer() {
  const shown = viewed.value;
  if (shown === undefined) return null;
  return <OpenViewer images={shown.images} index={shown.index} />;
}

function OpenViewer({ images, index }: { images: readonly ImageRecord[]; index: number }) {
  const t = text.value;
  const image = images[index];
  useKey(
    "previous",
    useCallback(() => stepView(-1), []),
  );
  useKey(
    "next",
    useCallback(() => stepView(1), []),
  );
  return (
    <Dialog title={t.pictures.picture} wide onClose={() => (viewed.value = undefined)}>
      <div class="viewer">
        <div>
          <div class="viewer-picture checkered">
            <img
              key={image.id}
              src={client.address(image.url)}
              alt={image.prompt}
              class={image.width < 256 ? "pixelated" : undefined}
            />
          </div>
          {images.length > 1 && (
            <div class="viewer-step">
              <button
                type="button"
                class="button quiet icon-only"
                aria-label={t.pictures.previous}
                disabled={index === 0}
                onClick={() => stepView(-1)}
              >
                <Icon name="left" />
              </button>
              <span class="hint">{t.pictures.place(index + 1, images.length)}</span>
              <button
                type="button"
                class="button quiet icon-only"
                aria-label={t.pictures.next}
                disabled={index === images.length - 1}
                onClick={() => stepView(1)}
              >
                <Icon name="right" />
              </button>
            </div>
          )}
        </div>
        <div class="stack">
          <PictureFacts key={image.id} image={image} />
        </div>
      </div>
    </Dialog>
  );
}

function PictureFacts({ image }: { image: ImageRecord }) {
  const t = text.value;
  const detail = useSignal<ImageDetail | undefined>(undefined);
  const problem = useSignal<unknown>(undefined);
  const rating = useSignal(image.rating);
  useEffect(() => {
    client.image(image.id).then(
      (loaded) => (detail.value = loaded),
      (error: unknown) => (problem.value = error),
    );
  }, [image.id]);
  const rate = async (stars: number) => {
    try {
      const changed = await client.rateImage(image.id, stars);
      rating.value = changed.rating;
      pictureChanged(changed);
    } catch (error) {
      problem.value = error;
    }
  };
  const facts: readonly (readonly [string, string | number | null])[] = [
    [t.facts.model, image.model],
    [t.facts.sampler, image.sampler],
    [t.facts.steps, image.steps],
    [t.facts.guidance, image.guidanceScale],
    [t.facts.seed, image.seed],
    [t.facts.size, `${image.width} × ${image.height}`],
    [t.facts.made, new Date(image.createdAt).toLocaleString(language.value)],
  ];
  return (
    <>
      {image.prompt !== "" && <p class="prompt-text">{image.prompt}</p>}
      {image.negativePrompt !== "" && (
        <p class="hint">
          {t.create.negative}: {image.negativePrompt}
        </p>
      )}
      <Stars rating={rating.value} onRate={rate} />
      <dl class="facts">
        {facts
          .filter(([, value]) => value !== null && value !== "")
          .map(([name, value]) => [<dt key={name}>{name}</dt>, <dd key={`${name} is`}>{value}</dd>])}
      </dl>
      <PictureActions image={image} withWords onLeave={() => (viewed.value = undefined)} />
      <ProblemNote error={problem.value} />
      {detail.value && (
        <details class="more">
          <summary>{t.pictures.record}</summary>
          <pre class="prompt-text hint">{JSON.stringify(detail.value.record, null, 2)}</pre>
        </details>
      )}
      <div class="row">
        <BusyButton
          class="button danger small"
          act={async () => {
            if (!confirm(t.pictures.sureToDelete)) return;
            await client.deleteImage(image.id);
            forgetPicture(image.id);
            viewed.value = undefined;
          }}
        >
          <Icon name="trash" />
          {t.pictures.delete}
        </BusyButton>
      </div>
    </>
  );
}
