// A curve over the steps of a run.

import type { CurvePoint } from "../state/training.ts";
import { language } from "../text/text.ts";

const width = 640;
const height = 180;
const left = 56;
const bottom = 22;
/** Share of the average in the next point of the smooth line. */
const smoothing = 0.9;
const mostPoints = 400;

/** The points of `name`, each faintly and smoothed in bold; validation is drawn on top where it is given. */
export function Curve({
  name,
  points,
  validation = [],
}: {
  name: string;
  points: readonly CurvePoint[];
  validation?: readonly CurvePoint[];
}) {
  const all = [...points, ...validation];
  if (all.length === 0) return null;
  const values = all.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [first, last] = [Math.min(...all.map(({ step }) => step)), Math.max(...all.map(({ step }) => step))];
  const x = (step: number) => left + ((width - left - 8) * (step - first)) / Math.max(1, last - first);
  const y = (value: number) => 8 + (height - bottom - 8) * (1 - (value - low) / (high - low || 1));
  const path = (list: readonly CurvePoint[]) =>
    thinned(list)
      .map(({ step, value }, i) => `${i === 0 ? "M" : "L"}${x(step).toFixed(1)} ${y(value).toFixed(1)}`)
      .join("");
  const written = new Intl.NumberFormat(language.value, { maximumSignificantDigits: 3 });
  return (
    <figure class="curve">
      <figcaption class="row spread">
        <strong>{name}</strong>
        <span class="hint">{written.format(points.at(-1)?.value ?? validation.at(-1)!.value)}</span>
      </figcaption>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`${name}: ${written.format(points[0]?.value ?? low)} → ${written.format(points.at(-1)?.value ?? high)}`}
      >
        {[low, (low + high) / 2, high].map((value) => (
          <g key={value}>
            <line class="grid-line" x1={left} x2={width - 8} y1={y(value)} y2={y(value)} />
            <text x={left - 6} y={y(value) + 4} text-anchor="end">
              {written.format(value)}
            </text>
          </g>
        ))}
        <text x={left} y={height - 4}>
          {first}
        </text>
        <text x={width - 8} y={height - 4} text-anchor="end">
          {last}
        </text>
        <path class="raw" d={path(points)} />
        <path class="smooth" d={path(smoothed(points))} />
        {validation.length > 0 && <path class="validation" d={path(validation)} />}
        {validation.map(({ step, value }) => (
          <circle key={step} class="validation-point" cx={x(step)} cy={y(value)} r={3} />
        ))}
      </svg>
    </figure>
  );
}

/** Exponentially weighted average, without the bias of its beginning. */
function smoothed(points: readonly CurvePoint[]): CurvePoint[] {
  let [sum, weight] = [0, 0];
  return points.map(({ step, value }) => {
    sum = smoothing * sum + (1 - smoothing) * value;
    weight = smoothing * weight + (1 - smoothing);
    return { step, value: sum / weight };
  });
}

const thinned = (points: readonly CurvePoint[]): readonly CurvePoint[] => {
  const every = Math.ceil(points.length / mostPoints);
  return points.filter((_, i) => i % every === 0 || i === points.length - 1);
};
