// Playing: a number that counts up by itself.

import { useSignal } from "@preact/signals";
import type { Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

const frameMs = 260;

/** Whether it plays; while it does, `place` goes on to `end`, from the beginning when it stands there already. */
export function usePlayer(place: Signal<number>, end: number): Signal<boolean> {
  const isPlaying = useSignal(false);
  useEffect(() => {
    if (!isPlaying.value) return;
    if (place.peek() >= end) place.value = 0;
    const timer = setInterval(() => {
      if (place.peek() >= end) isPlaying.value = false;
      else place.value++;
    }, frameMs);
    return () => clearInterval(timer);
  }, [isPlaying.value, end]);
  return isPlaying;
}
