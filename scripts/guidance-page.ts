// docs/guidance.md: what each way of guidance computes and how to ask for it, from core's table of methods.
// `npx tsx --conditions=source scripts/guidance-page.ts` writes it.

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { flagsOf } from "../packages/cli/src/flags/flag.ts";
import { generatePresentations } from "../packages/cli/src/commands/generate-options.ts";
import { guidanceTable } from "../packages/core/src/diffusion/guidance/index.ts";
import { guidanceOptions } from "../packages/core/src/pipelines/guidance-options.ts";
import { generateOptions } from "../packages/core/src/pipelines/options.ts";
import { linkedPapers, markdownTable } from "./markdown-table.ts";

const flags = flagsOf(generateOptions, generatePresentations);
const optionNames = ["guidanceScale", "guidanceRescale", ...Object.keys(guidanceOptions), "freeu"] as const;

/** What goes with every method. */
const others: readonly (readonly [options: string, what: string, formula: string, reference: string])[] = [
  [
    "guidanceRescale",
    "pulls the contrast of the guided prediction g back to that of c",
    "g·(φ·std(c)/std(g) + 1 − φ)",
    "arXiv 2305.08891",
  ],
  [
    "guidanceSteps, guidanceSigmas",
    "guides in a part of the run only; outside it the negative prompt is not evaluated, which saves half the time",
    "g for lowest ≤ σ ≤ highest, else c",
    "arXiv 2404.07724",
  ],
  [
    "alternateGuidanceBelow",
    "guides every second evaluation where little noise is left",
    "g and c in turn",
    "known from A1111",
  ],
  [
    "pagScale, pagLayers",
    "perturbed-attention guidance: away from what the network makes without structure",
    "g + s·(c − ĉ), ĉ with self-attention as the identity in the layers named",
    "arXiv 2403.17377",
  ],
  [
    "sagScale",
    "self-attention guidance: away from what it makes of a blurred picture",
    "g + s·(u − û), û for x with x₀ blurred where attention lies",
    "arXiv 2210.00939",
  ],
  [
    "freeu",
    "FreeU: b1, b2 scale half of the channels of the first two up blocks, s1, s2 the low frequencies of what skips to them",
    "h′ = b·h, skip′ = skip + (s − 1)·low(skip)",
    "arXiv 2309.11497",
  ],
];

/** The page "Guidance". */
export function guidancePage(): string {
  const code = (names: string) => names.replace(/\w+/g, "`$&`");
  return `# Guidance

This page is written by [scripts/guidance-page.ts](../scripts/guidance-page.ts) from the table in
[guidance](../packages/core/src/diffusion/guidance/index.ts): change that, then run it.

A network is asked twice at each step: what it sees with the prompt, c, and with the negative prompt or none, u. Guidance makes one
prediction of the two. \`--guidance-method\` says how, \`--guidance\` is w. At a scale of 1 or less there is none, and u is not asked for.

    noisette "a red fox" --guidance 12 --guidance-method apg --apg-norm 7.5
    noisette "a red fox" --guidance 9 --guidance-rescale 0.7 --guidance-steps 0.2,0.8
    noisette "a red fox" --negative "grey" --guidance-method perp_neg
    noisette "a red fox" --guidance 4 --pag-scale 3
    noisette "a red fox" --x "guidance-method=cfg,apg,dynamic_thresholding" --y "guidance=4,8,16"

In TypeScript and in JSON the same: \`{ "prompt": "a red fox", "guidanceScale": 12, "guidanceMethod": "apg", "apgNorm": 7.5 }\`.
[examples/guidance.ts](../examples/guidance.ts) puts them beside each other.

## Methods

One at a time. "Over" says what the formula is over: the network's output as it is, or the estimate of x₀ it stands for.

${markdownTable(
  ["method", "for", "formula", "over", "asks also for", "settings", "from"],
  Object.entries(guidanceTable).map(([id, { summary, formula, space, needs, settings, reference }]) => [
    `\`${id}\``,
    summary,
    formula,
    space === "output" ? "output" : "x₀",
    needs
      .map((role) => ({ empty: "the empty prompt", picture: "the picture alone" })[role as string] ?? role)
      .join(", "),
    code(settings.join(", ")),
    linkedPapers(reference),
  ]),
)}

## Beside a method

These go together with any method and with each other; g is what the method made.

${markdownTable(
  ["option", "what it does", "formula", "from"],
  others.map(([names, what, formula, reference]) => [code(names), what, formula, linkedPapers(reference)]),
)}

Models that were distilled with guidance (LCM with \`time_cond_proj_dim\`) are told w as an input and asked once. The \`_cfg_pp\`
samplers (CFG++, [2406.08070](https://arxiv.org/abs/2406.08070)) go on along u whatever the scale: [Which sampler?](samplers.md)

## Options

${markdownTable(
  ["option", "flag", ""],
  optionNames.map((name) => {
    const { names, schema } = flags.find(({ option }) => option === name)!;
    return [`\`${name}\``, `\`--${names[0]}\``, schema.description!];
  }),
)}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(new URL("../docs/guidance.md", import.meta.url), guidancePage());
