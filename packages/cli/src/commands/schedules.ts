// `noisette schedules`: core's table of noise schedules, for people.

import { z } from "zod";
import { schedules } from "@noisette/core/diffusion/schedules/index";
import type { ScheduleRow } from "@noisette/core/diffusion/schedules/index";
import { definitions } from "../terminal/table.ts";
import { defineCommand } from "./command.ts";
import { jsonOption } from "./json-option.ts";
import { namesElsewhere } from "./names-elsewhere.ts";
import { showTable } from "./table-command.ts";

const rows: Readonly<Record<string, ScheduleRow>> = schedules;

/** `noisette schedules`, or one of them in full. */
export const command = defineCommand({
  usage: ["noisette schedules", "noisette schedules NAME"],
  about: "Lists the values of --schedule with their names in other programs; with the name of one, all about it.",
  options: z.strictObject(jsonOption.shape),
  presentations: { json: { group: "Output" } },
  async run({ json }, [name]) {
    showTable({ rows, row: "schedule", overview, describe }, name, json);
  },
});

function overview(): string {
  const list = Object.entries(rows).map(
    ([id, { title, names }]) => [id, [title, namesElsewhere(names)].filter(Boolean).join("; ")] as const,
  );
  return [...definitions(list), "", "noisette schedules NAME tells all about one."].join("\n");
}

function describe(id: string, { title, settings, maxSteps, names, reference, ...row }: ScheduleRow): string {
  const particulars = [
    ...(row.ownRange ? ["it may begin above the model's own levels"] : []),
    ...(row.mergesLevels ? ["it may have fewer levels than steps are asked for"] : []),
    ...(row.endsAboveZero ? ["it leaves a little noise at its end"] : []),
  ];
  return definitions([
    ["schedule", id],
    ["levels", title],
    ...(settings === undefined ? [] : [["settings", settings.join(", ")] as const]),
    ...(maxSteps === undefined ? [] : [["steps", `${maxSteps} at most`] as const]),
    ...(particulars.length === 0 ? [] : [["note", particulars.join("; ")] as const]),
    ["elsewhere", namesElsewhere(names) || "not known"],
    ...(reference === undefined ? [] : [["reference", reference] as const]),
  ]).join("\n");
}
