// Many pictures from one command that show what an option does: X/Y/Z plots, prompt matrices, prompts from a file.

import { z } from "zod";
import type { GenerateOptions, Image } from "@noisette/core";
import { contactSheet } from "@noisette/core/image/contact-sheet";
import { labelledGrid } from "@noisette/core/image/labelled-grid";
import type { Flag, Presentation } from "../flags/flag.ts";
import { UsageError } from "../usage-error.ts";
import type { Axis, Change } from "./axis.ts";
import { readAxis } from "./axis.ts";
import { promptMatrix } from "./prompt-matrix.ts";
import { readPrompts } from "./prompts-file.ts";

const axis = z.string().min(1).optional();

/** Options that make a command a plot. */
export const plotOptions = z.strictObject({
  x: axis.describe('Option across a sheet and its values: "steps=10,20", "guidance=1-9 (+2)", "prompt-sr=fox,owl"'),
  y: axis.describe('The same down the sheet: "sampler=euler,dpmpp_2m", "seed=1-3", "model=a,b"'),
  z: axis.describe("The same from sheet to sheet"),
  promptMatrix: z.boolean().optional().describe('Take "a fox|snow|night" as a fox with every choice of the rest'),
  prompts: z
    .string()
    .min(1)
    .optional()
    .describe("File of prompts: one a line, or flags such as --prompt TEXT --steps N"),
});

const group = "Plots";
/** How they show themselves. */
export const plotPresentations: Readonly<Record<string, Presentation>> = {
  x: { group, value: "NAME=VALUES" },
  y: { group, value: "NAME=VALUES" },
  z: { group, value: "NAME=VALUES" },
  promptMatrix: { group },
  prompts: { group, value: "FILE" },
};

/** One cell: what it changes of the command's options. */
export interface PlotCell extends Change {
  readonly sheet: number;
  readonly row: number;
  readonly column: number;
}

/** A plot before it is made. */
export interface Plot {
  /** Those of one model stand together. */
  readonly cells: readonly PlotCell[];
  /** The finished sheets, from the picture of each cell. */
  sheets(pictures: ReadonlyMap<Change, Image>): Promise<readonly Image[]>;
}

/**
 * The plot that `given` asks for over the options `base`; undefined when it asks for none. Throws UsageError on axes that cannot
 * be read, or that contradict each other.
 */
export async function planPlot(
  given: z.output<typeof plotOptions>,
  base: Partial<GenerateOptions>,
  flags: readonly Flag[],
): Promise<Plot | undefined> {
  const { x, y, z: deep, promptMatrix: isMatrix, prompts } = given;
  if (isMatrix && (x ?? y) !== undefined)
    throw new UsageError("Cannot plot --x or --y of a --prompt-matrix: its parts are both sides (--z is free)");
  if (prompts !== undefined && (isMatrix || (x ?? y ?? deep) !== undefined))
    throw new UsageError("Cannot plot --prompts with --x, --y, --z or --prompt-matrix (one of them is wanted)");
  if (prompts !== undefined) return listPlot(await readPrompts(prompts, flags));
  if (!isMatrix && (x ?? y ?? deep) === undefined) return undefined;

  const axisOf = (text: string | undefined, side: string): Axis =>
    text === undefined ? [{ label: "", change: () => ({}) }] : readAxis(text, side, flags);
  if (isMatrix && typeof base.prompt !== "string")
    throw new UsageError("Cannot make a matrix of several prompts (one, with bars in it, is wanted)");
  const matrix = isMatrix ? promptMatrix(base.prompt as string) : undefined;
  const [columns, rows, sheets] = [matrix?.x ?? axisOf(x, "x"), matrix?.y ?? axisOf(y, "y"), axisOf(deep, "z")];
  // One seed for all, or what differs would not be the option's doing.
  const start = {
    ...base,
    seed: base.seed ?? Math.floor(Math.random() * 2 ** 32),
    ...(matrix && { prompt: matrix.base }),
  };
  const cells = sheets.flatMap((ofSheet, sheet) =>
    rows.flatMap((ofRow, row) =>
      columns.map((ofColumn, column) => ({
        ...changed(
          start,
          [ofSheet, ofRow, ofColumn].map(({ change }) => change),
        ),
        sheet,
        row,
        column,
      })),
    ),
  );
  const models = [...new Set(cells.map(({ model }) => model))];
  return {
    cells: cells.toSorted((a, b) => models.indexOf(a.model) - models.indexOf(b.model)),
    sheets: (pictures) =>
      Promise.all(
        sheets.map(({ label }, sheet) =>
          labelledGrid({
            columns: columns.map((column) => [label, column.label].filter(Boolean).join(" · ")),
            rows: rows.map((row) => row.label),
            cells: rows.map((_, row) =>
              columns.map((__, column) => {
                const cell = cells.find((one) => one.sheet === sheet && one.row === row && one.column === column);
                return pictures.get(cell!);
              }),
            ),
          }),
        ),
      ),
  };
}

/** All changes one after the other, over `base`. */
function changed(base: Partial<GenerateOptions>, changes: readonly Axis[number]["change"][]): Change {
  let options: Partial<GenerateOptions> = base;
  let model: string | undefined;
  for (const change of changes) {
    const next = change(options);
    options = { ...options, ...next.options };
    model = next.model ?? model;
  }
  return { options, model };
}

/** A picture for every line, each over its line. */
function listPlot(lines: readonly { readonly text: string; readonly options: Partial<GenerateOptions> }[]): Plot {
  const cells = lines.map(({ options }, row) => ({ options, sheet: 0, row, column: 0 }));
  return {
    cells,
    async sheets(pictures) {
      const shown = cells.flatMap((cell, i) => {
        const image = pictures.get(cell);
        return image === undefined ? [] : [{ image, label: lines[i].text }];
      });
      return shown.length < 2 ? [] : [await contactSheet(shown)];
    },
  };
}
