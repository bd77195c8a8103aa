// `noisette samplers`: core's tables of samplers and schedules, for people.

import { z } from "zod";
import { samplerTable } from "@noisette/core/diffusion/samplers/index";
import type { SamplerRow } from "@noisette/core/diffusion/samplers/index";
import { schedules } from "@noisette/core/diffusion/schedules/index";
import type { ScheduleRow } from "@noisette/core/diffusion/schedules/index";
import { closestName } from "@noisette/core/safetensors/closest-name";
import { definitions, table } from "../terminal/table.ts";
import { UsageError } from "../usage-error.ts";
import { defineCommand } from "./command.ts";
import { jsonOption } from "./json-option.ts";

const samplerRows: Readonly<Record<string, SamplerRow>> = samplerTable;
const scheduleRows: Readonly<Record<string, ScheduleRow>> = schedules;

/** `noisette samplers`, or one of them in full. */
export const command = defineCommand({
  usage: ["noisette samplers", "noisette samplers NAME"],
  about:
    "Lists the values of --sampler and --schedule, with their names in other programs; with the name of one, all about it.",
  options: z.strictObject(jsonOption.shape),
  presentations: { json: { group: "Output" } },
  async run({ json }, [name]) {
    if (name !== undefined) process.stdout.write(`${describe(name, json === true)}\n`);
    // Functions do not go into JSON: what is left is what there is to know.
    else if (json)
      process.stdout.write(`${JSON.stringify({ samplers: samplerRows, schedules: scheduleRows }, null, 2)}\n`);
    else process.stdout.write(`${overview()}\n`);
  },
});

function overview(): string {
  const columns = [
    { title: "sampler" },
    { title: "order", align: "right" },
    { title: "NFE", align: "right" },
    { title: "kind" },
    { title: "in A1111" },
    { title: "arXiv" },
  ] as const;
  const rows = Object.entries(samplerRows).map(([id, { order, evaluations, kind, names, reference }]) => [
    id,
    String(order),
    String(evaluations),
    kind.toUpperCase(),
    names.a1111 ?? "",
    /arXiv ([\d.]+\d)/.exec(reference)?.[1] ?? "",
  ]);
  const scheduleList = definitions(
    Object.entries(scheduleRows).map(([id, row]) => [id, [row.title, elsewhere(row.names)].filter(Boolean).join("; ")]),
  );
  return [
    ...table(columns, rows),
    "",
    "NFE: runs of the network per step. SDE samplers add noise as they go.",
    "",
    "schedules",
    ...scheduleList,
    "",
    "noisette samplers NAME tells all about one.",
  ].join("\n");
}

function describe(name: string, json: boolean): string {
  const sampler = samplerRows[name];
  const schedule = scheduleRows[name];
  if (sampler === undefined && schedule === undefined) {
    const closest = closestName(name, [...Object.keys(samplerRows), ...Object.keys(scheduleRows)]);
    throw new UsageError(`Cannot describe "${name}": no such sampler or schedule (closest: "${closest}")`);
  }
  if (json) return JSON.stringify({ id: name, ...sampler, ...schedule }, null, 2);
  const entries: [string, string][] = [];
  if (sampler !== undefined) {
    const { order, evaluations, kind, settings, names, reference, schedule: usual, consistencyModel } = sampler;
    entries.push(
      ["sampler", name],
      ["order", `${order}, with ${evaluations} ${evaluations === 1 ? "run" : "runs"} of the network a step`],
      ["kind", kind === "sde" ? "SDE: adds noise as it goes" : "ODE: the same noise gives the same picture"],
      ["schedule", usual],
      ["settings", settings.join(", ") || "none"],
      ["elsewhere", elsewhere(names) || "not known"],
      ["reference", reference],
    );
    if (consistencyModel) entries.push(["needs", "a consistency model (LCM); any other gives wrong pictures"]);
  }
  if (schedule !== undefined) {
    entries.push(
      ["schedule", name],
      ["levels", schedule.title],
      ["elsewhere", elsewhere(schedule.names) || "not known"],
    );
    if (schedule.reference !== undefined) entries.push(["reference", schedule.reference]);
  }
  return definitions(entries).join("\n");
}

const programs = { a1111: "A1111", comfyui: "ComfyUI", diffusers: "diffusers", sdcpp: "stable-diffusion.cpp" };

function elsewhere(names: SamplerRow["names"]): string {
  const known = (Object.keys(programs) as (keyof typeof programs)[]).filter((key) => names[key] !== undefined);
  return known.map((key) => `${programs[key]} ${names[key]}`).join("; ");
}
