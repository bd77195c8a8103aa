// `noisette schedules`: core's table of noise schedules, for people.

import { z } from "zod";
import { schedules } from "@noisette/core/diffusion/schedules/index";
import type { ScheduleRow } from "@noisette/core/diffusion/schedules/index";
import { closestName } from "@noisette/core/safetensors/closest-name";
import { definitions } from "../terminal/table.ts";
import { UsageError } from "../usage-error.ts";
import { defineCommand } from "./command.ts";
import { jsonOption } from "./json-option.ts";
import { namesElsewhere } from "./names-elsewhere.ts";

const rows: Readonly<Record<string, ScheduleRow>> = schedules;

/** `noisette schedules`, or one of them in full. */
export const command = defineCommand({
  usage: ["noisette schedules", "noisette schedules NAME"],
  about: "Lists the values of --schedule with their names in other programs; with the name of one, all about it.",
  options: z.strictObject(jsonOption.shape),
  presentations: { json: { group: "Output" } },
  async run({ json }, [name]) {
    const row = name === undefined ? undefined : rows[name];
    if (name !== undefined && row === undefined) {
      throw new UsageError(
        `Cannot describe "${name}": no such schedule (closest: "${closestName(name, Object.keys(rows))}")`,
      );
    }
    // Functions do not go into JSON: what is left is what there is to know.
    const what = row === undefined ? { schedules: rows } : { id: name, ...row };
    const text = row === undefined ? overview() : describe(name!, row);
    process.stdout.write(`${json ? JSON.stringify(what, null, 2) : text}\n`);
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
