// Pictures side by side; arrow keys go from one to the next, and more come at the end.

import { useEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import type { ImageRecord } from "@noisette/server/schema/image";
import { client } from "../state/api.ts";
import { text } from "../text/text.ts";

/** The grid. */
export function GalleryGrid({
  images,
  chosen,
  onChoose,
  onEnd,
}: {
  images: readonly ImageRecord[];
  chosen: readonly ImageRecord[];
  onChoose: (image: ImageRecord, index: number) => void;
  /** Called when the end comes into sight. */
  onEnd: () => void;
}) {
  const t = text.value;
  const grid = useRef<HTMLUListElement>(null);
  const end = useRef<HTMLDivElement>(null);
  const current = useSignal(0);
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => entry.isIntersecting && onEnd(), { rootMargin: "600px" });
    observer.observe(end.current!);
    return () => observer.disconnect();
  }, [onEnd, images]);

  const onKeyDown = (event: KeyboardEvent) => {
    const columns = getComputedStyle(grid.current!).gridTemplateColumns.split(" ").length;
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -columns,
      ArrowDown: columns,
      Home: -images.length,
      End: images.length,
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    const wanted = current.value + move;
    // Up and down stay in their column; the ends are ends.
    if (Math.abs(move) === columns && (wanted < 0 || wanted >= images.length)) return;
    current.value = Math.min(images.length - 1, Math.max(0, wanted));
    (grid.current!.children[current.value]?.firstElementChild as HTMLElement | null)?.focus();
  };
  const isChosen = ({ id }: ImageRecord) => chosen.some((one) => one.id === id);
  return (
    <>
      <ul class="thumbnails gallery-grid" ref={grid} onKeyDown={onKeyDown}>
        {images.map((image, i) => (
          <li key={image.id}>
            <button
              type="button"
              class="tile-picture cropped checkered"
              tabIndex={i === Math.min(current.value, images.length - 1) ? 0 : -1}
              aria-label={t.pictures.open(image.prompt)}
              aria-pressed={chosen.length > 0 ? isChosen(image) : undefined}
              onFocus={() => (current.value = i)}
              onClick={() => onChoose(image, i)}
            >
              <img src={client.address(image.thumbnail)} alt="" loading="lazy" />
              {image.rating > 0 && <span class="badge">{"★".repeat(image.rating)}</span>}
            </button>
          </li>
        ))}
      </ul>
      <div ref={end} />
    </>
  );
}
