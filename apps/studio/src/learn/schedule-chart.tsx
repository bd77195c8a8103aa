// The curves of noise schedules over time, with a mark at the chosen time.

import { curves, scheduleNames, schedules, timesteps } from "./schedules.ts";
import type { CurveName, ScheduleName } from "./schedules.ts";
import { learnText } from "./text/text.ts";

const width = 640;
const height = 240;
const margin = { left: 44, right: 12, top: 12, bottom: 30 };
const timeTicks = [0, 250, 500, 750, 999];

const across = (t: number) => margin.left + (t / (timesteps - 1)) * (width - margin.left - margin.right);
const up = (share: number) => height - margin.bottom - share * (height - margin.top - margin.bottom);

/** The chart of `curve`; `chosen` is drawn on top of the others. */
export function ScheduleChart({ curve, chosen, t }: { curve: CurveName; chosen: ScheduleName; t: number }) {
  const words = learnText.value.chapters.forward;
  const { of, ticks, tickAt } = curves[curve];
  const mark = up(of(schedules[chosen][t]));
  return (
    <svg class="chart" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${words.chart}: ${words[curve]}`}>
      {ticks.map((tick) => (
        <g key={tick}>
          <line
            class="grid-line"
            x1={margin.left}
            x2={width - margin.right}
            y1={up(tickAt(tick))}
            y2={up(tickAt(tick))}
          />
          <text x={margin.left - 8} y={up(tickAt(tick)) + 4} text-anchor="end">
            {curve === "snr" ? tenTo(tick) : tick}
          </text>
        </g>
      ))}
      {timeTicks.map((tick) => (
        <text
          key={tick}
          x={across(tick)}
          y={height - 8}
          text-anchor={tick === 0 ? "start" : tick === 999 ? "end" : "middle"}
        >
          {tick === 0 ? "t = 0" : tick}
        </text>
      ))}
      {[...scheduleNames.filter((name) => name !== chosen), chosen].map((name) => (
        <path key={name} class={`curve ${name}${name === chosen ? " chosen" : ""}`} d={pathOf(schedules[name], of)} />
      ))}
      <line class="mark-line" x1={across(t)} x2={across(t)} y1={up(1)} y2={up(0)} />
      <circle class={`mark ${chosen}`} cx={across(t)} cy={mark} r={6} />
    </svg>
  );
}

function pathOf(alphaBar: Float32Array, of: (alphaBar: number) => number): string {
  const times = [...Array.from({ length: timesteps / 8 }, (_, i) => i * 8), timesteps - 1];
  return times
    .map((t, i) => `${i === 0 ? "M" : "L"}${across(t).toFixed(1)} ${up(of(alphaBar[t])).toFixed(1)}`)
    .join("");
}

const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const tenTo = (exponent: number): string =>
  exponent === 0 ? "1" : `10${exponent < 0 ? "⁻" : ""}${digits[Math.abs(exponent)]}`;
