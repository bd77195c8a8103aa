// The values of an axis as a person writes them: 10,20,30; quotes around one with commas; ranges as in A1111's X/Y/Z plot.

/** "a,b" → a and b. Double quotes keep commas in a value, and double themselves inside. */
export function splitValues(text: string): string[] {
  const parts = [...text.matchAll(/\s*(?:"((?:[^"]|"")*)"\s*|([^,]*))(?:,|$)/gy)];
  // The pattern matches once more, on nothing, at the end.
  const values = parts.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain.trim());
  return text.endsWith(",") || text === "" ? values : values.slice(0, -1);
}

const number = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)`;
const range = new RegExp(
  String.raw`^(${number})\s*-\s*(${number})(?:\s*\(\s*([+-](?:\d+\.?\d*|\.\d+))\s*\)|\s*\[\s*(\d+)\s*\])?$`,
);

/**
 * The numbers that a range stands for: "1-5" counts by ones, "1-10 (+3)" and "10-1 (-3)" by a step, and "1-10 [4]" lays out
 * so many evenly. undefined when `text` is no range. `isWhole` cuts evenly laid out values to integers, as A1111 does.
 */
export function rangeValues(text: string, { isWhole }: { isWhole: boolean }): number[] | undefined {
  const found = range.exec(text);
  if (found === null) return undefined;
  const [from, to] = [Number(found[1]), Number(found[2])];
  if (found[4] !== undefined) {
    const count = Number(found[4]);
    return Array.from({ length: count }, (_, i) => {
      const value = count === 1 ? from : from + (i * (to - from)) / (count - 1);
      return isWhole ? Math.trunc(value) : tidy(value);
    });
  }
  const step = found[3] === undefined ? (to < from ? -1 : 1) : Number(found[3]);
  if (step === 0 || (to - from) * step < 0) return undefined;
  // A little more than the end, so that 0-1 (+0.1) reaches 1.
  const count = Math.floor((to - from) / step + 1e-9) + 1;
  return Array.from({ length: count }, (_, i) => tidy(from + i * step));
}

/** Without the digits that binary fractions leave: 0.30000000000000004 is 0.3. */
const tidy = (value: number): number => Number(value.toPrecision(12));
