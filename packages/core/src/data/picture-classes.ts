// What a picture shows and in which style, as the columns of its data set say it: what judges learn and measurements count.

import type { Description } from "./dataset.ts";

/** The columns that say it. */
export interface ClassColumns {
  /** "label" is the data set's own label, where there is no column of that name. */
  readonly concept: string;
  /** Without it all pictures are of one style. */
  readonly style?: string;
}

/** The classes of one picture, by name. */
export interface PictureClasses {
  readonly concept: string;
  readonly style: string;
}

/** The only style of a set that tells of none. */
const oneStyle = "any";

/** The classes of `example`. Throws Error when a column is not there, or holds neither text nor a number. */
export function pictureClasses(example: Description, { concept, style }: ClassColumns): PictureClasses {
  return {
    concept: classIn(example, concept),
    style: style === undefined ? oneStyle : classIn(example, style),
  };
}

function classIn({ id, label, columns }: Description, column: string): string {
  const value = columns[column] ?? (column === "label" ? label : undefined);
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw new Error(
    `Cannot tell the class of "${id}": its column "${column}" is ${JSON.stringify(value) ?? "not there"} (a name or number is wanted)`,
  );
}

/** The classes that there are, in order. */
export interface ClassNames {
  readonly concepts: readonly string[];
  readonly styles: readonly string[];
}

/** The names of all classes of `examples`. Throws like `pictureClasses`. */
export function classNames(examples: Iterable<Description>, columns: ClassColumns): ClassNames {
  const [concepts, styles] = [new Set<string>(), new Set<string>()];
  for (const example of examples) {
    const { concept, style } = pictureClasses(example, columns);
    concepts.add(concept);
    styles.add(style);
  }
  return { concepts: inOrder(concepts), styles: inOrder(styles) };
}

/** By value where all are numbers, by letters otherwise. */
function inOrder(names: ReadonlySet<string>): string[] {
  const areNumbers = [...names].every((name) => name.trim() !== "" && Number.isFinite(Number(name)));
  return [...names].toSorted(areNumbers ? (a, b) => Number(a) - Number(b) : undefined);
}
