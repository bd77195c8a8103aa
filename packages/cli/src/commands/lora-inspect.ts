// `noisette lora inspect`: what is in adapter files.

import { z } from "zod";
import { adapterReport } from "@noisette/core/adapters/adapter-report";
import type { AdapterReport } from "@noisette/core/adapters/adapter-report";
import { matchAdapter } from "@noisette/core/adapters/match-adapter";
import { readAdapter } from "@noisette/core/adapters/read-adapter";
import { modelPresentations } from "../models/model-options.ts";
import { openNamed } from "../models/open-named.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { showProgress } from "../terminal/progress.ts";
import { definitions } from "../terminal/table.ts";
import { UsageError } from "../usage-error.ts";
import { defineCommand } from "./command.ts";
import { jsonOption } from "./json-option.ts";

/** `noisette lora inspect FILE`. */
export const command = defineCommand({
  usage: ["noisette lora inspect FILE…", "noisette lora inspect FILE --model MODEL"],
  about:
    "Says what is in LoRAs and their relatives (LoHa, LoKr, DoRA, GLoRA, OFT, BOFT, IA3, full differences): what they change, ranks, alphas, what they are for, and what their trainers noted. With --model it also says how they fit.",
  options: z
    .strictObject({ model: z.string().min(1).optional().describe("Checkpoint that they are to fit") })
    .extend(jsonOption.shape),
  presentations: { model: modelPresentations.model, json: { group: "Output" } },
  async run({ model, json }, words) {
    if (words.length === 0) throw new UsageError("Cannot inspect LoRAs: no file is given");
    const progress = showProgress(process.stderr);
    const checkpoint =
      model === undefined
        ? undefined
        : await interruptible((signal) => openNamed(model, {}, { progress, signal })).finally(progress.end);
    const reports = [];
    for (const path of words) {
      const file = await readAdapter(path);
      const fitting = checkpoint && matchAdapter(file, checkpoint);
      const fits = fitting && { model: model!, parameters: fitting.modules.length, notes: fitting.notes };
      reports.push({ ...(await adapterReport(file)), fits });
    }
    process.stdout.write(json ? `${JSON.stringify(reports, null, 2)}\n` : `${reports.map(textOf).join("\n\n")}\n`);
  },
});

type Report = AdapterReport & {
  readonly fits?: { readonly model: string; readonly parameters: number; readonly notes: readonly string[] };
};

/** Ranks or scales that one line shows. */
const shown = 8;

function textOf({ source, hash, architecture, forms, training, unknown, fits }: Report): string {
  const { tags, ...noted } = training;
  const lines: (readonly [string, string])[] = [
    ["  for", architecture ?? "names and shapes do not tell"],
    ["  hash", hash],
    ...forms.flatMap(({ form, networks, modules, ranks, scales }): (readonly [string, string])[] => [
      [`  ${form}`, `${modules} modules of ${networks}`],
      ...(Object.keys(ranks).length > 0 ? [["    rank", counts(ranks)] as const] : []),
      ...(Object.keys(scales).length > 0 ? [["    alpha/rank", counts(scales)] as const] : []),
    ]),
    ...Object.entries(noted).flatMap(([name, value]) => (value === undefined ? [] : [[`  ${name}`, value] as const])),
    ...(tags.length > 0 ? [["  tags", tags.map(([tag, count]) => `${tag} (${count})`).join(", ")] as const] : []),
    ...(unknown.length > 0 ? [["  unknown", few(unknown)] as const] : []),
    ...(fits ? [["  fits", `${fits.parameters} parameters of ${fits.model}`] as const] : []),
    ...(fits?.notes ?? []).map((note) => ["  note", note] as const),
  ];
  return [source, ...definitions(lines)].join("\n");
}

const few = (names: readonly string[]): string =>
  names.slice(0, shown).join(", ") + (names.length > shown ? ` and ${names.length - shown} more` : "");

/** "4 (60), 8 (12)": values and how many modules have them; one value stands alone. */
function counts(values: Readonly<Record<string, number>>): string {
  const entries = Object.entries(values).sort(([a], [b]) => Number(a) - Number(b));
  if (entries.length === 1) return entries[0][0];
  return few(entries.map(([value, count]) => `${value} (${count})`));
}
