// A picture with what can be done with it under it.

import type { ImageRecord } from "@noisette/server/schema/image";
import { useSignal } from "@preact/signals";
import { client } from "../state/api.ts";
import { text } from "../text/text.ts";
import { Icon } from "../ui/icon.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { actionsFor } from "./picture-actions.ts";
import type { PictureAction } from "./picture-actions.ts";
import "./pictures.css";

/** A picture; `onOpen` shows it large. */
export function PictureTile({ image, onOpen }: { image: ImageRecord; onOpen: () => void }) {
  const t = text.value;
  return (
    <figure class="tile">
      <button type="button" class="tile-picture checkered" aria-label={t.pictures.open(image.prompt)} onClick={onOpen}>
        <img
          src={client.address(image.url)}
          width={image.width}
          height={image.height}
          alt={image.prompt}
          class={image.width < 256 ? "pixelated" : undefined}
        />
      </button>
      <PictureActions image={image} />
    </figure>
  );
}

const inRow: readonly PictureAction["id"][] = ["vary", "upscale", "init", "inpaint", "reuse", "copy", "download"];

/** The actions of a picture: those of a row as icons, or all with words. */
export function PictureActions({
  image,
  withWords = false,
  onLeave,
}: {
  image: ImageRecord;
  withWords?: boolean;
  /** Called when the picture is left for what came of it. */
  onLeave?: () => void;
}) {
  const t = text.value;
  const busy = useSignal<string | undefined>(undefined);
  const problem = useSignal<unknown>(undefined);
  const run = async (action: PictureAction) => {
    busy.value = action.id;
    problem.value = undefined;
    try {
      await action.run(image);
      if (action.leaves) onLeave?.();
    } catch (error) {
      problem.value = error;
    } finally {
      busy.value = undefined;
    }
  };
  return (
    <>
      <div class={withWords ? "action-list" : "action-row"} role="group" aria-label={t.pictures.actions}>
        {actionsFor(image)
          .filter(({ id }) => withWords || inRow.includes(id))
          .map((action) => (
            <button
              key={action.id}
              type="button"
              class={withWords ? "button" : "button quiet small icon-only"}
              aria-label={withWords ? undefined : t.pictures.action[action.id]}
              title={t.pictures.actionHint[action.id]}
              disabled={busy.value === action.id}
              onClick={() => run(action)}
            >
              <Icon name={action.icon} />
              {withWords && t.pictures.action[action.id]}
            </button>
          ))}
      </div>
      <ProblemNote error={problem.value} />
    </>
  );
}
