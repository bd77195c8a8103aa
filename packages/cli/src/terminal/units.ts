// Sizes and times as people read them.

const sizeUnits = ["B", "kB", "MB", "GB", "TB"];

/** A size in powers of 1000, with three digits: "4.27 GB". */
export function formatBytes(sizeBytes: number): string {
  const power = Math.min(sizeUnits.length - 1, Math.floor(Math.log10(Math.max(1, sizeBytes)) / 3));
  const value = sizeBytes / 1000 ** power;
  return `${power === 0 ? value : threeDigits(value)} ${sizeUnits[power]}`;
}

/** A duration with the precision it deserves: "85 ms", "4.21 s", "3:07", "1:04:09". */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 59_995) return `${threeDigits(durationMs / 1000)} s`;
  const seconds = Math.round(durationMs / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}

/** At least three digits of a value that is 1 or more; toPrecision would write 999.6 as 1.00e+3. */
const threeDigits = (value: number): string => value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
