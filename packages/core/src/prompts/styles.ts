// Styles: named bits of prompts that are put around one's own. The file is AUTOMATIC1111's styles.csv with the columns
// name, prompt, negative_prompt (RFC 4180, a byte order mark allowed).

import { closestName } from "../safetensors/closest-name.ts";

/** A style. */
export interface Style {
  readonly name: string;
  /** Holds {prompt} where one's own goes; else it follows one's own after a comma. */
  readonly prompt: string;
  readonly negativePrompt: string;
}

/** A prompt and its negative one. */
export interface PromptPair {
  readonly prompt: string;
  readonly negativePrompt: string;
}

/** The styles in the text of a styles.csv. Throws Error when it has no column "name". Rows without a name are left out. */
export function parseStyles(csv: string): readonly Style[] {
  const [header = [], ...rows] = csvRows(csv.replace(/^\uFEFF/, ""));
  const column = (name: string) => header.findIndex((title) => title.trim().toLowerCase() === name);
  const name = column("name");
  if (name < 0) {
    throw new Error(
      `Cannot read styles: the columns are ${header.map((title) => JSON.stringify(title)).join(", ") || "none"} (name, prompt, negative_prompt are wanted)`,
    );
  }
  // Files of before 2023 call the prompt "text".
  const prompt = Math.max(column("prompt"), column("text"));
  const negative = column("negative_prompt");
  return rows
    .map((row) => ({ name: row[name] ?? "", prompt: row[prompt] ?? "", negativePrompt: row[negative] ?? "" }))
    .filter((style) => style.name.trim() !== "");
}

/** `pair` with the styles called `names` put around it in their order. Throws RangeError on a name that there is not. */
export function applyStyles(styles: readonly Style[], names: readonly string[], pair: PromptPair): PromptPair {
  return names.reduce<PromptPair>((styled, name) => {
    // The last of equal names counts, as in A1111, where a file's rows overwrite each other.
    const style = styles.findLast((candidate) => candidate.name === name);
    if (style === undefined) {
      const closest = closestName(
        name,
        styles.map((candidate) => candidate.name),
      );
      throw new RangeError(
        `Cannot use style "${name}": no such style${closest === undefined ? "" : ` (closest: "${closest}")`}`,
      );
    }
    return {
      prompt: around(styled.prompt, style.prompt),
      negativePrompt: around(styled.negativePrompt, style.negativePrompt),
    };
  }, pair);
}

const around = (own: string, style: string): string =>
  style.includes("{prompt}")
    ? style.replaceAll("{prompt}", () => own)
    : [own.trim(), style.trim()].filter((part) => part !== "").join(", ");

/** The rows of a CSV text. A quote that is never closed takes the rest; empty lines are left out. */
function csvRows(csv: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  // A field is quoted, with doubled quotes inside, or plain; then a comma, a line's end, or the end.
  const field = /(?:"((?:[^"]|"")*)(?:"|$)([^,\r\n]*)|([^,\r\n]*))(,|\r\n|\r|\n|$)/gy;
  for (let match = field.exec(csv); match !== null; match = field.exec(csv)) {
    const [, quoted, behind, plain, end] = match;
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"') + behind);
    if (end !== ",") {
      if (row.length > 1 || row[0] !== "") rows.push(row);
      row = [];
    }
    if (end === "") break;
  }
  return rows;
}
