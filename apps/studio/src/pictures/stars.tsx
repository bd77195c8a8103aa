// A rating of one to five stars.

import { text } from "../text/text.ts";
import { Icon } from "../ui/icon.tsx";

const stars = [1, 2, 3, 4, 5];

/** The stars; the one that is lit already takes the rating away. */
export function Stars({ rating, onRate }: { rating: number; onRate: (rating: number) => void }) {
  const t = text.value;
  return (
    <div class="stars" role="group" aria-label={t.pictures.rating(rating)}>
      {stars.map((star) => (
        <button
          key={star}
          type="button"
          class={star <= rating ? "lit" : undefined}
          aria-label={t.pictures.rate(star)}
          aria-pressed={star === rating}
          onClick={() => onRate(star === rating ? 0 : star)}
        >
          <Icon name="star" solid={star <= rating} />
        </button>
      ))}
    </div>
  );
}
