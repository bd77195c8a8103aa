// A plot as tables, one for each value of Z.

import { client } from "../state/api.ts";
import { isOver } from "../state/job-view.ts";
import type { JobView } from "../state/job-view.ts";
import { jobs } from "../state/jobs.ts";
import { view } from "../state/viewer.ts";
import { text } from "../text/text.ts";
import { ProblemNote } from "../ui/problem-note.tsx";
import { plot } from "./plot.ts";

/** The tables of the plot that is being made, if there is one. */
export function PlotTable() {
  const t = text.value;
  const { x, y, z, jobs: ids } = plot.value;
  if (ids.length === 0) return null;
  const jobOf = (i: number) => jobs.value.find(({ id }) => id === ids[i]);
  const images = ids.flatMap((_, i) => jobOf(i)?.images ?? []);
  return (
    <div class="stack">
      {z.map((zValue, k) => (
        <div class="plot" key={zValue.label}>
          <table>
            {zValue.label !== "" && <caption>{zValue.label}</caption>}
            <thead>
              <tr>
                <td />
                {x.map(({ label }) => (
                  <th key={label} scope="col">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {y.map((yValue, j) => (
                <tr key={yValue.label}>
                  <th scope="row">{yValue.label}</th>
                  {x.map(({ label }, i) => {
                    const job = jobOf((k * y.length + j) * x.length + i);
                    return (
                      <td key={label}>
                        <Cell
                          job={job}
                          alt={[label, yValue.label, zValue.label].filter((part) => part !== "").join(", ")}
                          onOpen={() => view(images, images.indexOf(job!.images[0]))}
                        />
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ))}
      <p class="hint" role="status">
        {t.plot.progress(images.length, x.length * y.length * z.length)}
      </p>
    </div>
  );
}

function Cell({ job, alt, onOpen }: { job: JobView | undefined; alt: string; onOpen: () => void }) {
  if (job?.images[0] !== undefined)
    return (
      <button type="button" class="tile-picture checkered" aria-label={text.value.pictures.open(alt)} onClick={onOpen}>
        <img src={client.address(job.images[0].url)} alt={alt} />
      </button>
    );
  if (job?.error !== undefined) return <ProblemNote error={job.error} />;
  return <div class={job !== undefined && isOver(job) ? "plot-place" : "plot-place coming"} />;
}
