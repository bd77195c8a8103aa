// How far something is.

/** A bar of `done`, from 0 to 1; undefined while nobody knows. */
export function ProgressBar({ done, label }: { done: number | undefined; label: string }) {
  return (
    <div
      class="progress"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={done === undefined ? undefined : Math.round(100 * done)}
    >
      <div style={{ width: `${100 * (done ?? 0)}%` }} />
    </div>
  );
}
