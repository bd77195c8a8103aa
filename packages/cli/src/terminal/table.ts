// Text for people in columns.

/** `text` in lines of at most `width` columns, broken between words; a longer word has a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const last = lines[lines.length - 1];
    if (last === "") lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** One column of a table. */
export interface Column {
  readonly title: string;
  readonly align?: "right";
}

/** A table as lines: titles, then the rows, each column as wide as its widest cell, two spaces between. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const titles = columns.map(({ title }) => title);
  const widths = columns.map((_, i) => Math.max(...[titles, ...rows].map((row) => row[i].length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (columns[i].align === "right" ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join("  ")
      .trimEnd();
  return [titles, ...rows].map(line);
}

/** Labels and what belongs to them, as two columns of at most `width`; long texts continue under themselves. */
export function definitions(entries: readonly (readonly [label: string, text: string])[], width = 80): string[] {
  const margin = Math.max(...entries.map(([label]) => label.length)) + 2;
  return entries.flatMap(([label, text]) =>
    text
      .split("\n")
      .flatMap((part) => wrap(part, width - margin))
      .map((line, i) => `${(i === 0 ? label : "").padEnd(margin)}${line}`.trimEnd()),
  );
}
