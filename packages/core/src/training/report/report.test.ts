import { describe, expect, it } from "vitest";
import type { LogLine } from "../log.ts";
import { lineChart } from "./chart.ts";
import { reportPage, shownPictures } from "./page.ts";
import { linearTicks, logarithmicTicks, tickText } from "./ticks.ts";

describe("ticks", () => {
  it("linearTicks() are round and inside", () => {
    expect(linearTicks(0, 1)).toEqual([0, 0.2, 0.4, 0.6000000000000001, 0.8, 1]);
    expect(linearTicks(130, 980)).toEqual([200, 400, 600, 800]);
    expect(linearTicks(3, 3)).toEqual([3]);
  });
  it("logarithmicTicks() are powers of ten", () => {
    expect(logarithmicTicks(0.002, 50)).toEqual([0.01, 0.1, 1, 10]);
    expect(logarithmicTicks(0.2, 0.7)).toEqual([0.2, 0.4, 0.6000000000000001]);
  });
  it.each([
    [0, "0"],
    [0.00012, "1.2e-4"],
    [0.6000000000000001, "0.6"],
    [512, "512"],
    [20_000, "20k"],
    [1.5e6, "1.5M"],
    [-3e-5, "-3e-5"],
  ])("tickText() writes %d as %s", (value, text) => expect(tickText(value)).toBe(text));
});

describe("lineChart()", () => {
  it("lineChart() is empty when there is nothing finite to draw", () => {
    expect(lineChart({ title: "t", series: [{ name: "a", points: [[1, NaN]] }] })).toBe("");
  });
  it("lineChart() keeps a spike when it draws fewer points than there are", () => {
    const points = Array.from({ length: 20_000 }, (_, i) => [i, i === 12_345 ? 100 : 1] as const);
    const chart = lineChart({ title: "t", series: [{ name: "a", points }] });
    const ys = [.../points="([^"]*)"/.exec(chart)![1].matchAll(/,([\d.]+)/g)].map(([, y]) => Number(y));
    expect(ys.length).toBeLessThan(1100);
    expect(Math.min(...ys)).toBeLessThan(Math.max(...ys) - 150);
  });
});

describe("reportPage()", () => {
  const step = (n: number): LogLine => ({
    kind: "step",
    step: n,
    epoch: 0,
    seconds: n,
    learningRate: 1e-4,
    imagesPerSecond: 10,
    scalars: { "denoising.loss": 1 / n, gradientNorm: 2 },
  });
  const lines: LogLine[] = [
    { kind: "start", step: 0, time: "2026-01-02T03:04:05Z", text: "on cpu" },
    ...[1, 2, 3].map(step),
    { kind: "validation", step: 3, loss: 0.5, scalars: {} },
    ...Array.from({ length: 20 }, (_, i): LogLine => ({
      kind: "samples",
      step: i,
      title: "Samples <b>",
      file: `s-${i}.png`,
    })),
    { kind: "notice", step: 3, text: '"a & b" skipped' },
  ];
  const page = reportPage({
    name: "fox <x>",
    recipe: { steps: 3 },
    lines,
    pictures: new Map([
      ["s-0.png", Uint8Array.of(1)],
      ["s-19.png", Uint8Array.of(2)],
    ]),
  });

  it("reportPage() needs no other file, and shows text as text", () => {
    expect(page).not.toMatch(/(src|href)="(?!data:)/);
    expect(page).not.toMatch(/<script|<link|url\(/);
    expect(page).toContain("fox &lt;x&gt;");
    expect(page).toContain("Samples &lt;b&gt;");
    expect(page).toContain("&quot;a &amp; b&quot; skipped");
  });
  it("reportPage() has the curves, the pictures and the recipe", () => {
    for (const title of ["denoising.loss", "gradient norm", "learning rate"])
      expect(page).toContain(`aria-label="${title}"`);
    expect(page.match(/<img /g)).toHaveLength(2);
    expect(page).toContain("begun 2026-01-02 03:04, still training");
  });
  it("shownPictures() spreads over the run, first and last included", () => {
    const shown = shownPictures(lines);
    expect(shown).toHaveLength(8);
    expect([shown[0], shown.at(-1)]).toEqual(["s-0.png", "s-19.png"]);
  });
});
