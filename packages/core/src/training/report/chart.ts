// A line chart as inline SVG. Colours are the page's variables, so that it is right in the light and in the dark.

import { linearTicks, logarithmicTicks, tickText } from "./ticks.ts";
import { escapeHtml } from "./escape-html.ts";

/** One line: its points (x rising), and whether a smoothed line is to lie over it. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly smoothed?: boolean;
}

/** What to draw. */
export interface ChartOptions {
  readonly title: string;
  readonly series: readonly Series[];
  /** Powers of ten evenly spaced; taken only when all values are above 0. */
  readonly logarithmic?: boolean;
}

const [width, height] = [520, 260];
const margin = { left: 52, right: 14, top: 12, bottom: 28 };

/** The chart, with its title and legend; "" when no series has a finite point. */
export function lineChart({ title, series, logarithmic = false }: ChartOptions): string {
  const drawn = series
    .map((one) => ({ ...one, points: one.points.filter(([, y]) => Number.isFinite(y)) }))
    .filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return "";
  const all = drawn.flatMap(({ points }) => points);
  const isLogarithmic = logarithmic && all.every(([, y]) => y > 0);
  const scale = isLogarithmic ? Math.log10 : (y: number) => y;
  const x = range(all.map(([value]) => value));
  const y = widened(range(all.map(([, value]) => value)), isLogarithmic);
  const toX = (value: number) => margin.left + share(value, x) * (width - margin.left - margin.right);
  const toY = (value: number) =>
    height - margin.bottom - share(scale(value), [scale(y[0]), scale(y[1])]) * (height - margin.top - margin.bottom);

  const rows = (isLogarithmic ? logarithmicTicks : linearTicks)(y[0], y[1]).map((tick) => {
    const at = toY(tick).toFixed(1);
    return `<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${at}" y2="${at}"/><text class="tick" x="${margin.left - 6}" y="${at}" dy="0.32em" text-anchor="end">${tickText(tick)}</text>`;
  });
  const columns = linearTicks(x[0], x[1]).map(
    (tick) =>
      `<text class="tick" x="${toX(tick).toFixed(1)}" y="${height - 8}" text-anchor="middle">${tickText(tick)}</text>`,
  );
  const lines = drawn.map(({ points, smoothed }, i) => {
    const path = (of: readonly (readonly [number, number])[], style: string) =>
      of.length === 1
        ? `<circle class="dot c${i % 6}" r="3" cx="${toX(of[0][0]).toFixed(1)}" cy="${toY(of[0][1]).toFixed(1)}"/>`
        : `<polyline class="${style} c${i % 6}" points="${of.map(([a, b]) => `${toX(a).toFixed(1)},${toY(b).toFixed(1)}`).join(" ")}"/>`;
    if (!smoothed || points.length < 20) return path(thinned(points), "line");
    return path(thinned(points), "raw") + path(thinned(averaged(points)), "line");
  });
  const legend = drawn.map(
    ({ name, points }, i) =>
      `<span class="key"><i class="c${i % 6}"></i>${escapeHtml(name)} <b>${tickText(points.at(-1)![1])}</b></span>`,
  );
  return `<figure class="chart"><figcaption>${escapeHtml(title)}<span class="legend">${legend.join("")}</span></figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}">${rows.join("")}${columns.join("")}${lines.join("")}</svg></figure>`;
}

type Range = readonly [low: number, high: number];

function range(values: readonly number[]): Range {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return [low, high];
}

/** A little room above and below, and some where all values are one. */
function widened([low, high]: Range, isLogarithmic: boolean): Range {
  if (isLogarithmic) return [low / 1.15, high * 1.15];
  const room = high > low ? (high - low) * 0.06 : Math.abs(high) * 0.1 || 1;
  return [low >= 0 ? Math.max(0, low - room) : low - room, high + room];
}

const share = (value: number, [low, high]: Range): number => (high > low ? (value - low) / (high - low) : 0.5);

/** An exponential average over about a fiftieth of the points, not biased towards its start. */
function averaged(points: Series["points"]): (readonly [number, number])[] {
  const keep = 1 - 1 / Math.max(5, points.length / 50);
  let [sum, weight] = [0, 0];
  return points.map(([x, y]) => {
    [sum, weight] = [keep * sum + (1 - keep) * y, keep * weight + (1 - keep)];
    return [x, sum / weight];
  });
}

const mostPoints = 500;

/** At most that many points: of each stretch its lowest and its highest, so that spikes stay. */
function thinned(points: Series["points"]): Series["points"] {
  if (points.length <= mostPoints) return points;
  const size = Math.ceil((2 * points.length) / mostPoints);
  const kept: (readonly [number, number])[] = [];
  for (let start = 0; start < points.length; start += size) {
    const stretch = points.slice(start, start + size);
    const low = stretch.reduce((a, b) => (b[1] < a[1] ? b : a));
    const high = stretch.reduce((a, b) => (b[1] > a[1] ? b : a));
    kept.push(...(low === high ? [low] : low[0] < high[0] ? [low, high] : [high, low]));
  }
  return kept;
}
