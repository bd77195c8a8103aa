// Two pictures, one over the other, with a line between them that can be moved.

import { useSignal } from "@preact/signals";
import type { ImageRecord } from "@noisette/server/schema/image";
import { client } from "../state/api.ts";
import { text } from "../text/text.ts";
import { Dialog } from "../ui/dialog.tsx";

/** The pictures, and what differs in how they were made. */
export function CompareDialog({
  images: [before, after],
  onClose,
}: {
  images: readonly [ImageRecord, ImageRecord];
  onClose: () => void;
}) {
  const t = text.value;
  const line = useSignal(50);
  const names = [
    "prompt",
    "negativePrompt",
    "model",
    "sampler",
    "steps",
    "guidanceScale",
    "seed",
    "width",
    "height",
  ] as const;
  const different = names.filter((name) => before[name] !== after[name]);
  return (
    <Dialog title={t.gallery.compare} wide onClose={onClose}>
      <div class="compare">
        <img src={client.address(before.url)} alt={before.prompt} class="checkered" />
        <img
          src={client.address(after.url)}
          alt={after.prompt}
          class="over checkered"
          style={{ clipPath: `inset(0 0 0 ${line.value}%)` }}
        />
        <input
          type="range"
          min={0}
          max={100}
          step={0.5}
          value={line.value}
          aria-label={t.gallery.compareLine}
          onInput={({ currentTarget }) => (line.value = currentTarget.valueAsNumber)}
        />
      </div>
      {different.length > 0 && (
        <table class="differences">
          <thead>
            <tr>
              <td />
              <th scope="col">{t.gallery.left}</th>
              <th scope="col">{t.gallery.right}</th>
            </tr>
          </thead>
          <tbody>
            {different.map((name) => (
              <tr key={name}>
                <th scope="row">{t.gallery.differs[name]}</th>
                <td>{before[name]}</td>
                <td>{after[name]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Dialog>
  );
}
