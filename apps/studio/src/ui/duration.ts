// Times and sizes in words.

import { language } from "../text/text.ts";

/** About how long `ms` is: "8 s", "3 min". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 100 ? inUnit(seconds, "second") : inUnit(Math.round(seconds / 60), "minute");
}

/** How much `bytes` are: "2.1 GB". */
export function size(bytes: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return inUnit(Number((bytes / 1000 ** power).toPrecision(3)), units[power]);
}

const inUnit = (value: number, unit: string): string =>
  new Intl.NumberFormat(language.value, { style: "unit", unit, unitDisplay: "short" }).format(value);
