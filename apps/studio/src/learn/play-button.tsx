// Starts and stops a figure that plays.

import type { Signal } from "@preact/signals";
import { Icon } from "../ui/icon.tsx";

/** The button. */
export function PlayButton({
  isPlaying,
  words,
  isDisabled,
}: {
  isPlaying: Signal<boolean>;
  words: { readonly play: string; readonly pause: string };
  isDisabled: boolean;
}) {
  const label = isPlaying.value ? words.pause : words.play;
  return (
    <button
      type="button"
      class="button icon-only"
      aria-label={label}
      title={label}
      disabled={isDisabled}
      onClick={() => (isPlaying.value = !isPlaying.value)}
    >
      <Icon name={isPlaying.value ? "stop" : "play"} />
    </button>
  );
}
