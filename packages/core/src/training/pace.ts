// How fast a run goes, over its last steps.

const window = 30;

/** Pictures a second, and the time a step takes. */
export interface Pace {
  /** Call after every step. */
  tick(images: number): void;
  readonly imagesPerSecond: number;
  readonly stepMs: number;
}

/** A pace that begins now. */
export function paceFrom(): Pace {
  const ticks = [{ at: performance.now(), images: 0 }];
  const span = () => {
    const [first, last] = [ticks[0], ticks[ticks.length - 1]];
    return { ms: last.at - first.at, images: last.images - first.images, steps: ticks.length - 1 };
  };
  return {
    tick(images) {
      ticks.push({ at: performance.now(), images: ticks[ticks.length - 1].images + images });
      if (ticks.length > window) ticks.shift();
    },
    get imagesPerSecond() {
      const { ms, images } = span();
      return ms > 0 ? (1000 * images) / ms : 0;
    },
    get stepMs() {
      const { ms, steps } = span();
      return steps > 0 ? ms / steps : 0;
    },
  };
}
