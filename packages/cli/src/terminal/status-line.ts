// One line of a terminal that rewrites itself, with plain lines above it.

/** The stream that progress is written to, as far as it is used. */
export type ProgressStream = Pick<NodeJS.WriteStream, "write" | "isTTY" | "columns">;

/** A line that rewrites itself. */
export interface StatusLine {
  /** Shows `text` in place of what was shown; nothing where `stream` is no terminal. */
  rewrite(text: string): void;
  /** Writes a line that stays. */
  keep(text: string): void;
  /** Leaves the terminal as it was. */
  clear(): void;
}

/** The last line of `stream`. */
export function showLine(stream: ProgressStream): StatusLine {
  const isTerminal = stream.isTTY === true;
  let isDrawn = false;
  const clear = () => {
    if (isDrawn) stream.write("\r\u001b[K");
    isDrawn = false;
  };
  return {
    rewrite(text) {
      if (!isTerminal) return;
      stream.write(`\r\u001b[K${[...text].slice(0, (stream.columns || 80) - 1).join("")}`);
      isDrawn = true;
    },
    keep(text) {
      clear();
      stream.write(`${text}\n`);
    },
    clear,
  };
}

const barWidth = 20;

/** A bar of 20 columns, filled for `share` of it. */
export function bar(share: number): string {
  const filled = Math.round(barWidth * Math.min(1, share));
  return `${"█".repeat(filled)}${"░".repeat(barWidth - filled)}`;
}
