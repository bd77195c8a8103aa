// report.html: what a run did, on one page that needs no other file.

import type { LogLine } from "../log.ts";
import { lineChart } from "./chart.ts";
import { escapeHtml } from "./escape-html.ts";
import { reportStyle } from "./style.ts";
import { tickText } from "./ticks.ts";

/** What a report is made of. */
export interface ReportContent {
  readonly name: string;
  readonly recipe: Readonly<Record<string, unknown>> & { readonly steps: number };
  readonly lines: readonly LogLine[];
  /** PNG files of the sample lines, by their names. */
  readonly pictures: ReadonlyMap<string, Uint8Array>;
}

type Line<K extends LogLine["kind"]> = Extract<LogLine, { kind: K }>;

/** The page as HTML. */
export function reportPage({ name, recipe, lines, pictures }: ReportContent): string {
  const of = <K extends LogLine["kind"]>(kind: K) => lines.filter((line): line is Line<K> => line.kind === kind);
  const steps = of("step");
  const title = escapeHtml(name);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${reportStyle}</style></head><body>
<h1>${title}</h1>
<p class="state">${escapeHtml(state(lines))}</p>
${facts(steps, of("validation"), recipe.steps)}
<div class="charts">${charts(steps, of("validation")).join("\n")}</div>
${pictureSections(of("samples"), pictures).join("\n")}
${notices(of("notice"))}
<details><summary>Recipe</summary><pre>${escapeHtml(JSON.stringify(recipe, null, 2))}</pre></details>
</body></html>
`;
}

function state(lines: readonly LogLine[]): string {
  const start = lines.find((line): line is Line<"start"> => line.kind === "start");
  const last = lines.findLast((line) => line.kind === "start" || line.kind === "end");
  const ending = last?.kind === "end" ? `, ${last.text} ${moment(last.time)}` : ", still training";
  return start === undefined ? "not begun" : `begun ${moment(start.time)}${ending}`;
}

const moment = (time: string): string => time.slice(0, 16).replace("T", " ");

function facts(steps: readonly Line<"step">[], validations: readonly Line<"validation">[], planned: number): string {
  const last = steps.at(-1);
  if (last === undefined) return "";
  const best = validations.reduce((least, { loss }) => Math.min(least, loss), Infinity);
  const entries: [string, string][] = [
    [`${last.step} of ${planned}`, "steps"],
    [String(last.epoch + 1), "epoch"],
    [duration(last.seconds), "training"],
    [tickText(last.imagesPerSecond), "pictures a second"],
    ...Object.entries(last.scalars)
      .filter(([name]) => name.endsWith("loss"))
      .map(([name, value]): [string, string] => [tickText(value), name]),
    ...(Number.isFinite(best) ? [[tickText(best), "best validation loss"] as [string, string]] : []),
  ];
  return `<div class="facts">${entries.map(([value, label]) => `<div><b>${escapeHtml(value)}</b><span>${escapeHtml(label)}</span></div>`).join("")}</div>`;
}

function duration(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function charts(steps: readonly Line<"step">[], validations: readonly Line<"validation">[]): string[] {
  const names = [...new Set(steps.flatMap(({ scalars }) => Object.keys(scalars)))];
  const line = (name: string) => ({
    name,
    smoothed: true,
    points: steps.flatMap(({ step, scalars }) => (name in scalars ? [[step, scalars[name]] as const] : [])),
  });
  const measured = (name: string) => ({
    name: "validation",
    points: validations.flatMap(({ step, scalars }) => (name in scalars ? [[step, scalars[name]] as const] : [])),
  });
  const isNorm = (name: string) => name.startsWith("gradientNorm");
  const isLoss = (name: string) => /(^|\.)loss$/.test(name);
  const chartOf = (name: string) =>
    lineChart({ title: name, series: [line(name), measured(name)], logarithmic: isLoss(name) });
  return [
    ...names.filter(isLoss).map(chartOf),
    ...names.filter((name) => !isLoss(name) && !isNorm(name)).map(chartOf),
    lineChart({ title: "gradient norm", series: names.filter(isNorm).map(line), logarithmic: true }),
    lineChart({
      title: "learning rate",
      series: [{ name: "learning rate", points: steps.map(({ step, learningRate }) => [step, learningRate] as const) }],
    }),
    lineChart({
      title: "pictures a second",
      series: [
        {
          name: "pictures a second",
          smoothed: true,
          points: steps.map(({ step, imagesPerSecond }) => [step, imagesPerSecond] as const),
        },
      ],
    }),
  ].filter((chart) => chart !== "");
}

const picturesPerSection = 8;

function pictureSections(samples: readonly Line<"samples">[], pictures: ReadonlyMap<string, Uint8Array>): string[] {
  const titles = [...new Set(samples.map(({ title }) => title))];
  return titles.map((title) => {
    const all = samples.filter((sample) => sample.title === title && pictures.has(sample.file));
    const shown = spread(all, picturesPerSection).map(
      ({ step, file }) =>
        `<figure><img alt="step ${step}" src="data:image/png;base64,${base64(pictures.get(file)!)}"><figcaption>step ${step}</figcaption></figure>`,
    );
    return `<h2>${escapeHtml(title)}</h2><div class="pictures">${shown.toReversed().join("\n")}</div>`;
  });
}

/** The names of the pictures that a report of `lines` shows. */
export function shownPictures(lines: readonly LogLine[]): string[] {
  const samples = lines.filter((line): line is Line<"samples"> => line.kind === "samples");
  const titles = [...new Set(samples.map(({ title }) => title))];
  return titles.flatMap((title) =>
    spread(
      samples.filter((sample) => sample.title === title),
      picturesPerSection,
    ).map(({ file }) => file),
  );
}

/** `count` of `items`, evenly spread, the first and the last among them. */
function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))]);
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}

function notices(lines: readonly Line<"notice">[]): string {
  if (lines.length === 0) return "";
  const items = lines.map(({ step, text }) => `<li>step ${step}: ${escapeHtml(text)}</li>`);
  return `<h2>Notices</h2><ul class="notices">${items.join("")}</ul>`;
}
