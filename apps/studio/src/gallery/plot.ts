// The plot that is being made: its axes, and the job of each cell.

import { signal } from "@preact/signals";
import type { AxisChange, AxisValue } from "./plot-axes.ts";

/** The axes of a plot. */
export interface PlotAxes {
  readonly x: readonly AxisValue[];
  readonly y: readonly AxisValue[];
  readonly z: readonly AxisValue[];
}

/** The plot; its jobs in the order of `plotCells`. */
export const plot = signal<PlotAxes & { readonly jobs: readonly string[] }>({ x: [], y: [], z: [], jobs: [] });

/** The cells: table by table, row by row, and what each changes. */
export const plotCells = ({ x, y, z }: PlotAxes): readonly { readonly changes: readonly AxisChange[] }[] =>
  z.flatMap((zs) => y.flatMap((ys) => x.map((xs) => ({ changes: [zs.change, ys.change, xs.change] }))));
