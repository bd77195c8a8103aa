import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { charted, measure, renderChart } from "./sampler-chart.ts";
import { samplerPage } from "./sampler-page.ts";

const docs = (path: string) => readFileSync(new URL(`../docs/${path}`, import.meta.url), "utf8");
const again = "run: npx tsx --conditions=source scripts/sampler-chart.ts";

describe("samplerPage", () => {
  it("samplerPage() is what docs/samplers.md says", () => {
    expect(docs("samplers.md"), again).toBe(samplerPage());
  });
});

describe("renderChart", () => {
  const chart = docs("assets/samplers.svg");

  it("renderChart() has drawn every sampler", () => {
    const drawn = [...chart.matchAll(/class="name">(\w+)</g)].map(([, id]) => id);
    expect(drawn, again).toEqual(charted);
  });

  it("renderChart() draws the lines that are measured now", async () => {
    const measured = new Map([
      ["euler", await measure("euler")] as const,
      ["dpmpp_2m", await measure("dpmpp_2m")] as const,
    ]);
    const lines = [...renderChart(measured).matchAll(/<path d="([^"]+)" class="ode"/g)].map(([, path]) => path);
    expect(lines.length).toBe(2);
    for (const line of lines) expect(chart, again).toContain(line);
  });

  it("measure() finds that a method of higher order is closer after as many evaluations", async () => {
    const at24 = async (id: "euler" | "dpmpp_2m") =>
      (await measure(id)).find(({ evaluations }) => evaluations === 24)!.error;
    expect(await at24("dpmpp_2m")).toBeLessThan((await at24("euler")) / 3);
  });
});
