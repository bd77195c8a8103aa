// A checkpoint report as text for people.

import type { CheckpointReport, ModelReport, WeightsSummary } from "./inspect.ts";

const valueLimit = 100; // kohya's tag counts run to megabytes
const nameLimit = 10;

/** The report as lines of plain text, ending in a newline. Long lists and values are cut, and say so. */
export function formatReport(report: CheckpointReport): string {
  const lines = [`${report.path}: ${report.kind}`, row("weights", summary(report.weights))];
  if (report.problem !== undefined) lines.push(row("problem", report.problem));
  if (report.model !== undefined) lines.push(...modelLines(report.model));
  for (const [origin, entries] of Object.entries(report.metadata)) {
    for (const [key, value] of Object.entries(entries))
      lines.push(row(origin === "other" ? "metadata" : origin, `${key} = ${cut(value)}`));
  }
  lines.push(...nameLines("unused", report.unused));
  for (const note of report.notes) lines.push(row("note", note));
  return `${lines.join("\n")}\n`;
}

function modelLines(model: ModelReport): string[] {
  const lines = [
    row("format", model.format),
    row("family", model.family),
    row("task", model.task),
    row("prediction", model.prediction),
    row("scheduler", String(model.scheduler._class_name)),
  ];
  for (const [slot, { vocabulary, padToken }] of Object.entries(model.tokenizers)) {
    const words = typeof vocabulary === "number" ? `${vocabulary} tokens` : vocabulary;
    lines.push(row(slot, `${words}, padded with "${padToken}"`));
  }
  for (const [slot, network] of Object.entries(model.networks)) {
    lines.push(row(slot, `${network.className}: ${summary(network)}`));
    lines.push(...nameLines(`${slot} missing`, network.missing), ...nameLines(`${slot} unused`, network.unused));
  }
  return lines;
}

function row(label: string, text: string): string {
  return `  ${label.padEnd(22)} ${text}`;
}

function nameLines(label: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length > nameLimit ? ` and ${names.length - nameLimit} more` : "";
  return [row(label, names.slice(0, nameLimit).join(", ") + more)];
}

function summary({ tensors, parameters, sizeBytes, types }: WeightsSummary): string {
  const kinds = Object.entries(types).map(([type, count]) => `${count} ${type}`);
  return `${parameters.toLocaleString("en")} parameters, ${bytes(sizeBytes)}, ${tensors} tensors (${kinds.join(", ")})`;
}

function bytes(size: number): string {
  const units = ["B", "kB", "MB", "GB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, size)) / 3));
  return `${(size / 1000 ** power).toFixed(power === 0 ? 0 : 2)} ${units[power]}`;
}

function cut(value: string): string {
  const line = value.replaceAll(/\s+/g, " ");
  return line.length > valueLimit ? `${line.slice(0, valueLimit)}… (${value.length} characters)` : line;
}
