// Choosing examples by size, shape and the columns beside them, as LAION's releases were chosen: aesthetic score at least
// 5, probability of being unsafe at most 0.1, and so on.

import { imageSize } from "#platform";
import type { ExampleRecord } from "./record.ts";

/** What is kept; conditions that are left out are not asked. */
export interface FilterOptions {
  /** Pixels. */
  readonly minWidth?: number;
  readonly minHeight?: number;
  /** Of the picture: width · height. */
  readonly minArea?: number;
  /** Longer side divided by shorter. */
  readonly maxAspect?: number;
  /** In the first column of `aestheticColumns` that is there. */
  readonly minAesthetic?: number;
  /** In the first column of `unsafeColumns` that is there. */
  readonly maxUnsafe?: number;
  readonly conditions?: readonly Condition[];
}

/** A condition on one column. */
export interface Condition {
  readonly column: string;
  readonly operator: Operator;
  readonly value: number | string;
}

const operators = {
  ">=": (a: number, b: number) => a >= b,
  "<=": (a: number, b: number) => a <= b,
  "!=": undefined,
  ">": (a: number, b: number) => a > b,
  "<": (a: number, b: number) => a < b,
  "=": undefined,
} as const;
type Operator = keyof typeof operators;

/** Names of the aesthetic score in published sets. */
const aestheticColumns = ["aesthetic", "aesthetic_score", "AESTHETIC_SCORE"];
/** Names of the probability of being unsafe. */
const unsafeColumns = ["punsafe", "nsfw_score"];

/** Reads "aesthetic>=5.5", "NSFW=UNLIKELY". Throws RangeError that says what is wanted. */
export function parseCondition(text: string): Condition {
  const found = /^\s*([^<>=!]+?)\s*(>=|<=|!=|>|<|=)\s*(.+?)\s*$/.exec(text);
  if (!found)
    throw new RangeError(`Cannot use the condition "${text}": "column>=5", "column=word" or the like is wanted`);
  const [, column, operator, written] = found;
  const number = Number(written);
  if (Number.isNaN(number) && operator !== "=" && operator !== "!=")
    throw new RangeError(`Cannot use the condition "${text}": "${written}" is no number`);
  return { column, operator: operator as Operator, value: Number.isNaN(number) ? written : number };
}

/** Why a record is not kept; undefined when it is. A record without a column that is asked for is not kept. */
export async function reasonAgainst(record: ExampleRecord, options: FilterOptions): Promise<string | undefined> {
  const { minAesthetic, maxUnsafe, conditions = [] } = options;
  const all = [
    ...(minAesthetic === undefined
      ? []
      : [{ columns: aestheticColumns, operator: ">=" as const, value: minAesthetic }]),
    ...(maxUnsafe === undefined ? [] : [{ columns: unsafeColumns, operator: "<=" as const, value: maxUnsafe }]),
    ...conditions.map(({ column, operator, value }) => ({ columns: [column], operator, value })),
  ];
  for (const { columns, operator, value } of all) {
    const column = columns.find((name) => record.columns[name] !== undefined && record.columns[name] !== null);
    if (column === undefined) return `no column ${columns.map((name) => `"${name}"`).join(" or ")}`;
    if (!holds(record.columns[column], operator, value)) return `${column} not ${operator} ${value}`;
  }
  const { minWidth = 0, minHeight = 0, minArea = 0, maxAspect = Infinity } = options;
  if (minWidth === 0 && minHeight === 0 && minArea === 0 && maxAspect === Infinity) return undefined;
  return reasonOfSize(record, { minWidth, minHeight, minArea, maxAspect });
}

function holds(actual: unknown, operator: Operator, value: number | string): boolean {
  if (operator === "=" || operator === "!=") return (String(actual) === String(value)) === (operator === "=");
  const number = typeof actual === "number" || typeof actual === "string" ? Number(actual) : Number.NaN;
  return operators[operator](number, Number(value)); // false for NaN
}

async function reasonOfSize(
  record: ExampleRecord,
  {
    minWidth,
    minHeight,
    minArea,
    maxAspect,
  }: Required<Pick<FilterOptions, "minWidth" | "minHeight" | "minArea" | "maxAspect">>,
): Promise<string | undefined> {
  let size: { width: number; height: number };
  try {
    size = await imageSize(await record.bytes());
  } catch (error) {
    return (error as Error).message.split("\n")[0];
  }
  const { width, height } = size;
  if (width < minWidth) return `narrower than ${minWidth}`;
  if (height < minHeight) return `lower than ${minHeight}`;
  if (width * height < minArea) return `fewer than ${minArea} pixels`;
  if (Math.max(width / height, height / width) > maxAspect) return `sides more than 1 to ${maxAspect}`;
  return undefined;
}
