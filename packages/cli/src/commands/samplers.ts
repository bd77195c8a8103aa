// `noisette samplers`: core's table of samplers, for people.

import { z } from "zod";
import { samplerTable } from "@noisette/core/diffusion/samplers/index";
import type { SamplerRow } from "@noisette/core/diffusion/samplers/index";
import { definitions, table } from "../terminal/table.ts";
import { defineCommand } from "./command.ts";
import { jsonOption } from "./json-option.ts";
import { namesElsewhere } from "./names-elsewhere.ts";
import { showTable } from "./table-command.ts";

const rows: Readonly<Record<string, SamplerRow>> = samplerTable;

/** `noisette samplers`, or one of them in full. */
export const command = defineCommand({
  usage: ["noisette samplers", "noisette samplers NAME"],
  about: "Lists the values of --sampler with their names in A1111; with the name of one, all about it.",
  options: z.strictObject(jsonOption.shape),
  presentations: { json: { group: "Output" } },
  async run({ json }, [name]) {
    showTable(
      { rows, row: "sampler", overview, describe, elsewhere: "noisette schedules lists the schedules" },
      name,
      json,
    );
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
  const lines = Object.entries(rows).map(([id, { order, evaluations, kind, names, reference }]) => [
    id,
    String(order),
    String(evaluations),
    kind.toUpperCase(),
    names.a1111 ?? "",
    /arXiv ([\d.]+\d)/.exec(reference)?.[1] ?? "",
  ]);
  return [
    ...table(columns, lines),
    "",
    "NFE: runs of the network per step. SDE samplers add noise as they go.",
    "noisette samplers NAME tells all about one, noisette schedules lists schedules.",
  ].join("\n");
}

function describe(id: string, sampler: SamplerRow): string {
  const { order, evaluations, kind, settings, names, reference, schedule, consistencyModel } = sampler;
  return definitions([
    ["sampler", id],
    ["order", `${order}, with ${evaluations} ${evaluations === 1 ? "run" : "runs"} of the network a step`],
    ["kind", kind === "sde" ? "SDE: adds noise as it goes" : "ODE: the same noise gives the same picture"],
    ["schedule", schedule],
    ["settings", settings.join(", ") || "none"],
    ["elsewhere", namesElsewhere(names) || "not known"],
    ["reference", reference],
    ...(consistencyModel ? [["needs", "a consistency model (LCM); any other gives wrong pictures"] as const] : []),
  ]).join("\n");
}
