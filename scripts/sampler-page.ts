// The text of docs/samplers.md: advice, and core's tables of samplers and schedules.

import { type SamplerId, samplerTable } from "../packages/core/src/diffusion/samplers/index.ts";
import { type ScheduleId, scheduleTable } from "../packages/core/src/diffusion/schedules/index.ts";
import { linkedPapers, markdownTable } from "./markdown-table.ts";

/** The page "Which sampler?", from the tables. `npx tsx --conditions=source scripts/sampler-chart.ts` writes it. */
export function samplerPage(): string {
  const samplers = Object.keys(samplerTable) as SamplerId[];
  const schedules = Object.keys(scheduleTable) as ScheduleId[];
  return `# Which sampler?

This page is written by [scripts/sampler-chart.ts](../scripts/sampler-chart.ts) from the tables in
[samplers](../packages/core/src/diffusion/samplers/index.ts) and
[schedules](../packages/core/src/diffusion/schedules/index.ts): change those, then run it.

Without \`--sampler\` a picture is made as the checkpoint's own scheduler config says. Otherwise:

| you want | take |
|---|---|
| a good picture in 20 to 30 steps | \`dpmpp_2m\` (schedule \`karras\`) |
| the fewest steps, 6 to 12 | \`unipc\`, \`deis\` or \`dpmpp_3m\`, with \`align_your_steps_sd1\`, \`align_your_steps_sdxl\` or \`gits\` |
| the same picture whatever the number of steps | an ODE sampler: \`euler\`, \`heun\`, \`dpmpp_2m\`, \`unipc\` |
| more detail for more steps, 30 and up | \`dpmpp_2m_sde\`, \`dpmpp_3m_sde\` (\`exponential\`), \`er_sde\`, \`sa_solver\` |
| fresh variation with every step | \`euler_ancestral\`, \`dpmpp_2s_ancestral\` |
| the same result as an older tool's | its name in the table below |
| an LCM or an LCM LoRA | \`lcm\`, 2 to 8 steps, guidance scale 1 to 2 |
| a TCD LoRA | \`tcd\`, 4 to 16 steps, guidance off |
| SD-Turbo, SDXL-Turbo | \`euler_ancestral\` with schedule \`turbo\`, 1 to 4 steps, guidance off |
| a picture true to the prompt at low guidance | a \`_cfg_pp\` sampler, guidance scale just above 1 |
| the noise a picture comes from | \`ddim_inverse\` (through the library: it goes from picture to noise) |

ODE samplers add no noise on the way: more steps bring the same picture closer to its limit. SDE samplers add noise at every step, which
corrects earlier errors and costs steps; more steps give another picture, unless the noise is one Brownian path (\`--noise brownian\`,
option \`noise\`). "Calls" are runs of the network per step: at equal time, a sampler of two calls gets half the steps.

![Error of every sampler against network evaluations](assets/samplers.svg)

The chart: starts from noise are taken to data of one dimension, a mixture of three Gaussians whose denoiser is known exactly, over
Karras levels; the error is the distance between the distribution that comes out and the true one. It tells how fast a method
converges. It does not tell which pictures please. Samplers of distilled models, of CFG++ (the same without guidance) and inversions
are left out. Where noise is added, the lines end level: so many samples cannot tell a
smaller difference.

## Samplers

\`order\` is the order of convergence; \`path\` says whether noise along one Brownian path is possible ("yes") or usual ("default").

${markdownTable(
  ["sampler", "order", "calls", "kind", "schedule", "path", "A1111", "ComfyUI", "diffusers", "sd.cpp", "from"],
  samplers.map((id) => {
    const { order, evaluations, kind, schedule, brownian, names, reference } = samplerTable[id];
    const path = brownian === "default" ? "default" : brownian ? "yes" : "";
    const { a1111 = "", comfyui = "", diffusers = "", sdcpp = "" } = names;
    return [
      `\`${id}\``,
      order,
      evaluations,
      kind.toUpperCase(),
      schedule,
      path,
      a1111,
      comfyui,
      diffusers,
      sdcpp,
      linkedPapers(reference),
    ];
  }),
)}

## Schedules

The noise levels a run goes through. T is the number of training timesteps, n that of steps. Settings are numbers in the formula:
\`--schedule gits --schedule-settings coefficient=1.1\`, option \`scheduleSettings\`.

${markdownTable(
  ["schedule", "levels", "settings", "A1111", "ComfyUI", "diffusers", "sd.cpp", "from"],
  schedules.map((id) => {
    const { title, settings = [], maxSteps, names, reference = "" } = scheduleTable[id];
    const { a1111 = "", comfyui = "", diffusers = "", sdcpp = "" } = names;
    const levels = maxSteps ? `${title} (${maxSteps} steps at most)` : title;
    return [`\`${id}\``, levels, settings.join(", "), a1111, comfyui, diffusers, sdcpp, linkedPapers(reference)];
  }),
)}
`;
}
