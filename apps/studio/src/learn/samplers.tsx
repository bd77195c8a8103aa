// Chapter 5: DDPM beside DDIM, at the same number of evaluations.

import { Picture } from "../browser/picture.tsx";
import { Chapter, Figure, InSymbols, useComputation } from "./figure.tsx";
import { Formula } from "./formula.tsx";
import { seriesOfPictures } from "./pictures.ts";
import { subjectNow } from "./subject.tsx";
import { learnText } from "./text/text.ts";

const samplers = ["ddim", "ddpm"] as const;
const stepCounts = [2, 4, 8, 16, 32];
const series = seriesOfPictures();

/** The chapter. */
export function Samplers() {
  const t = learnText.value.chapters.samplers;
  return (
    <Chapter id="samplers" number={5} title={t.title} lead={t.lead}>
      <SamplerFigure />
      <InSymbols explain={t.explain}>
        <Formula name="anyStep" />
        <Formula name="variance" />
      </InSymbols>
    </Chapter>
  );
}

function SamplerFigure() {
  const t = learnText.value.chapters.samplers;
  useComputation(
    series,
    // Few steps first: there is something to see at once.
    Object.fromEntries(
      stepCounts.flatMap((steps) =>
        samplers.map((sampler) => [nameOf(sampler, steps), { ...subjectNow(), sampler, steps }]),
      ),
    ),
  );
  return (
    <Figure caption={t.caption} isBusy={series.isBusy.value} problem={series.problem.value}>
      <div class="table-frame" role="group" aria-label={t.title} tabIndex={0}>
        <table class="sampler-table">
          <thead>
            <tr>
              <td />
              {stepCounts.map((steps) => (
                <th key={steps} scope="col">
                  {t.evaluations(steps)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {samplers.map((sampler) => (
              <tr key={sampler}>
                <th scope="row">
                  {sampler.toUpperCase()}
                  <span class="hint">{t[sampler]}</span>
                </th>
                {stepCounts.map((steps) => (
                  <td key={steps}>
                    <Picture
                      image={series.value.value[nameOf(sampler, steps)]?.image}
                      label={`${sampler.toUpperCase()}, ${t.evaluations(steps)}`}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Figure>
  );
}

const nameOf = (sampler: string, steps: number): string => `${sampler} ${steps}`;
