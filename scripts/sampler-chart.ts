// Measures every sampler on a toy whose answer is known, draws docs/assets/samplers.svg and writes docs/samplers.md.
//
//   npx tsx --conditions=source scripts/sampler-chart.ts
//
// The toy: data of one dimension, a mixture of three Gaussians, with its exact denoiser. Some thousand starts are taken to the data; how far
// their distribution is from the true one (Wasserstein-1, the mean distance between quantiles) is the error. It is the same measure for
// samplers that add noise and for those that do not.

import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type SamplerId, samplerTable } from "../packages/core/src/diffusion/samplers/index.ts";
import type { Denoise } from "../packages/core/src/diffusion/samplers/types.ts";
import { sigmasKarras } from "../packages/core/src/diffusion/schedules/karras.ts";
import { TorchGenerator } from "../packages/core/src/util/rng/torch-generator.ts";
import { samplerPage } from "./sampler-page.ts";

/** One measurement: network evaluations and the error after them. */
export interface Point {
  readonly evaluations: number;
  readonly error: number;
}

const mixture = [
  { weight: 0.5, mean: -1, deviation: 0.2 },
  { weight: 0.3, mean: 0.5, deviation: 0.4 },
  { weight: 0.2, mean: 2, deviation: 0.15 },
];
const STARTS = 2500;
const STEPS = [3, 4, 6, 8, 12, 16, 24, 32, 48, 64];
const MOST_EVALUATIONS = 200;
const range = { sigmaMin: 0.0292, sigmaMax: 14.6146 }; // Stable Diffusion's

/** The samplers of the chart: not those of distilled models, not those from data to noise, not those that are others without guidance. */
export const charted = (Object.keys(samplerTable) as SamplerId[]).filter((id) => {
  const { consistencyModel, rising, usesUnconditional } = samplerTable[id];
  return !consistencyModel && !rising && !usesUnconditional;
});

/** Errors of a sampler over Karras levels, by the number of evaluations it really made. */
export async function measure(id: SamplerId): Promise<Point[]> {
  const points: Point[] = [];
  for (const steps of id === "pndm" ? STEPS.slice(1) : STEPS) {
    let evaluations = 0;
    const denoise: Denoise = async (x, sigma) => {
      evaluations++;
      return posteriorMean(x, sigma);
    };
    const generator = new TorchGenerator(1);
    const result = await samplerTable[id].sample(denoise, starts, [...sigmasKarras(steps, range), 0], {
      noise: () => generator.randn(STARTS),
      ...(id === "dpm_adaptive" ? { relativeTolerance: 3 / steps ** 2, absoluteTolerance: 0.3 / steps ** 2 } : {}),
    });
    if (evaluations > MOST_EVALUATIONS) break;
    const sorted = result.slice().sort();
    const distance = sorted.reduce((sum, value, i) => sum + Math.abs(value - dataQuantiles[i]), 0) / STARTS;
    points.push({ evaluations, error: distance });
  }
  return points;
}

// E[x₀ | x]: each component's share times its own mean. Shares are taken relative to the largest, which may be tiny.
function posteriorMean(x: Float32Array, sigma: number): Float32Array {
  const variances = mixture.map(({ deviation }) => deviation ** 2 + sigma ** 2);
  const constants = mixture.map(({ weight }, k) => Math.log(weight) - Math.log(variances[k]) / 2);
  return x.map((value) => {
    let [largest, total, sum] = [-Infinity, 0, 0];
    for (const [k, { mean, deviation }] of mixture.entries()) {
      const log = constants[k] - (value - mean) ** 2 / (2 * variances[k]);
      const scale = log > largest ? Math.exp(largest - log) : 1;
      largest = Math.max(largest, log);
      const share = Math.exp(log - largest);
      total = total * scale + share;
      sum = sum * scale + share * (mean + (deviation ** 2 / variances[k]) * (value - mean));
    }
    return sum / total;
  });
}

// The i-th of STARTS quantiles, (i + ½)/STARTS, of the mixture with `noise` added: by bisection of its distribution function.
function quantiles(noise: number): Float64Array {
  const distribution = (x: number) =>
    mixture.reduce(
      (sum, { weight, mean, deviation }) => sum + weight * normal((x - mean) / Math.hypot(deviation, noise)),
      0,
    );
  return Float64Array.from({ length: STARTS }, (_, i) => {
    let [low, high] = [-100, 100];
    for (let k = 0; k < 60; k++) {
      const middle = (low + high) / 2;
      if (distribution(middle) < (i + 0.5) / STARTS) low = middle;
      else high = middle;
    }
    return low;
  });
}

// Φ(z) by its continued series (Abramowitz and Stegun 26.2.11), and the tail where that is 0 or 1 to 10⁻¹².
function normal(z: number): number {
  if (Math.abs(z) > 7) return z > 0 ? 1 : 0;
  let [term, sum] = [z, z];
  for (let k = 3; Math.abs(term) > 1e-16; k += 2) sum += term *= z ** 2 / k;
  return 0.5 + (sum * Math.exp(-(z ** 2) / 2)) / Math.sqrt(2 * Math.PI);
}

const dataQuantiles = quantiles(0);
const starts = Float32Array.from(quantiles(range.sigmaMax));

const panel = { width: 142, height: 104, left: 8, top: 8, columns: 7 };
const plot = { x: 6, y: 22, width: 130, height: 70 };
const axis = { fewest: 3, most: 200, smallest: 3e-4, largest: 1 };

/** The chart: a panel for each sampler, error against evaluations, both logarithmic, with Euler's line behind it. */
export function renderChart(measured: ReadonlyMap<SamplerId, readonly Point[]>): string {
  const ids = [...measured.keys()];
  const rows = Math.ceil(ids.length / panel.columns);
  const [width, height] = [2 * panel.left + panel.columns * panel.width, 2 * panel.top + rows * panel.height + 22];
  const euler = pathOf(measured.get("euler")!);
  const panels = ids.map((id, i) => {
    const [x, y] = [
      panel.left + (i % panel.columns) * panel.width,
      panel.top + Math.floor(i / panel.columns) * panel.height,
    ];
    const { kind } = samplerTable[id];
    return [
      `<g transform="translate(${x} ${y})">`,
      `<text x="${plot.x}" y="15" class="name">${id}</text>`,
      `<path d="${grid}" class="grid"/>`,
      `<path d="${euler}" class="euler"/>`,
      `<path d="${pathOf(measured.get(id)!)}" class="${kind}"/>`,
      "</g>",
    ].join("");
  });
  const legend = `Error (Wasserstein-1 to the data, ${axis.largest} to ${axis.smallest}, log) against network evaluations (${axis.fewest} to ${axis.most}, log; lines at 10 and 100). Blue: ODE. Red: adds noise. Grey: euler.`;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" role="img" aria-label="Error of every sampler against network evaluations">`,
    `<style>.name{font-size:10.5px;fill:#222}.legend{font-size:11px;fill:#444}.grid{stroke:#ddd;fill:none}.euler{stroke:#bbb;stroke-width:1.2;fill:none}.ode{stroke:#1f6feb;stroke-width:1.8;fill:none}.sde{stroke:#cf222e;stroke-width:1.8;fill:none}</style>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...panels,
    `<text x="${panel.left + plot.x}" y="${height - 10}" class="legend">${legend}</text>`,
    "</svg>",
  ].join("\n")}\n`;
}

const across = (evaluations: number): number =>
  plot.x + (Math.log(evaluations / axis.fewest) / Math.log(axis.most / axis.fewest)) * plot.width;
const down = (error: number): number => {
  const inside = Math.min(Math.max(error, axis.smallest), axis.largest);
  return plot.y + (Math.log(axis.largest / inside) / Math.log(axis.largest / axis.smallest)) * plot.height;
};
const round = (value: number): string => value.toFixed(1);

function pathOf(points: readonly Point[]): string {
  return points
    .map(({ evaluations, error }, i) => `${i === 0 ? "M" : "L"}${round(across(evaluations))} ${round(down(error))}`)
    .join("");
}

const grid = [
  ...[10, 100].map((n) => `M${round(across(n))} ${plot.y}v${plot.height}`),
  ...[1, 0.1, 0.01, 0.001].map((error) => `M${plot.x} ${round(down(error))}h${plot.width}`),
].join("");

/** Every charted sampler's measurements. Less than a minute. */
export async function measureAll(): Promise<Map<SamplerId, Point[]>> {
  const measured = new Map<SamplerId, Point[]>();
  for (const id of charted) measured.set(id, await measure(id));
  return measured;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const docs = new URL("../docs/", import.meta.url);
  mkdirSync(new URL("assets/", docs), { recursive: true });
  writeFileSync(new URL("assets/samplers.svg", docs), renderChart(await measureAll()));
  writeFileSync(new URL("samplers.md", docs), samplerPage());
}
