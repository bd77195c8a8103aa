// Tables of the pages that scripts write.

type Cell = string | number;

/** A Markdown table; bars inside cells are escaped. */
export function markdownTable(head: readonly Cell[], rows: readonly (readonly Cell[])[]): string {
  const line = (cells: readonly Cell[]) =>
    `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

/** The papers by their arXiv numbers, as links; other sources as they are. */
export function linkedPapers(reference: string): string {
  const numbers = [...reference.matchAll(/arXiv (\d{4}\.\d{4,5})/g)].map(([, number]) => number);
  if (numbers.length === 0) return reference;
  return numbers.map((number) => `[${number}](https://arxiv.org/abs/${number})`).join(", ");
}
