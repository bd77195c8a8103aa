// docs/fashion-mnist.md from the recipe's results.

import type { StageRecord } from "../recipes/stage-records.ts";
import type { TrainedResult } from "../recipes/train-stage.ts";
import { markdownTable } from "../markdown-table.ts";
import type { ClassifierReport, MeasuredSet } from "./evaluate.ts";
import type { Sampling } from "./samples.ts";

/** What the stage "sample" came to: each set by its name. */
export type SampleResult = Readonly<
  Record<
    string,
    { readonly model: string; readonly sampling: Sampling; readonly pictures: number; readonly seconds: number }
  >
>;

/** What the stage "evaluate" came to. */
export interface EvaluateResult extends ClassifierReport {
  /** Of each model, by the variational bound. */
  readonly likelihoods: Readonly<Record<string, { readonly pictures: number; readonly bitsPerDimension: number }>>;
}

/** The stages that train. */
export const trainedStages = ["class", "unconditional", "classifier"] as const;

/** One of them. */
export type TrainedStage = (typeof trainedStages)[number];

/** The page as Markdown; all stages before it are wanted in `records`. */
export function fashionMnistPage(records: Readonly<Record<string, StageRecord>>): string {
  const resultOf = <T>(stage: string): T => {
    if (records[stage] === undefined)
      throw new Error(
        `Cannot write the page: the stage "${stage}" has no result (npm run recipe:fashion-mnist makes it)`,
      );
    return records[stage].result as T;
  };
  const samples = resultOf<SampleResult>("sample");
  const { distance, width, test, training, generated, likelihoods } = resultOf<EvaluateResult>("evaluate");
  const row = (name: string, { pictures, distance: value, accuracy }: MeasuredSet, cost: readonly string[]) => [
    name,
    ...cost,
    pictures,
    value === undefined ? "" : value.toFixed(2),
    accuracy === undefined ? "" : `${(100 * accuracy).toFixed(1)} %`,
  ];
  const sets = Object.entries(samples).map(([name, { sampling, pictures, seconds }]) =>
    row(name, generated[name], [
      String(sampling.steps * (sampling.guidanceScale === 1 ? 1 : 2)),
      (seconds / pictures).toFixed(3),
    ]),
  );
  const trained = trainedStages.map((stage) => {
    const { steps, images, seconds } = resultOf<TrainedResult>(stage);
    const { date, machine } = records[stage];
    return [stage, steps, images, (seconds / 60).toFixed(0), `${machine}, ${date}`];
  });
  const bits = Object.entries(likelihoods).map(([model, { pictures, bitsPerDimension }]) => [
    model,
    pictures,
    bitsPerDimension.toFixed(2),
  ]);
  return `# Fashion-MNIST: DDPM and DDIM over pixels

A small UNet2DModel learns 28×28 grey pictures of clothes in ten classes, once told the class and once not, by predicting the noise
(DDPM, [2006.11239](https://arxiv.org/abs/2006.11239)); pictures are made by DDPM's 1,000 steps and by DDIM's 20
([2010.02502](https://arxiv.org/abs/2010.02502)). Everything here is written by \`npm run recipe:fashion-mnist\` from its
[recipes](../recipes/fashion-mnist).

${markdownTable(["trained", "steps", "pictures seen", "minutes", "machine, date"], trained)}

## Twenty steps and a thousand

${distance} is the Fréchet distance on the ${width} features of the classifier above, from all ${test.pictures} test pictures: not FID, and
to be compared within this table only. The floor are as many training pictures as were generated; the ceiling of the classes is what
the classifier sees in the test pictures themselves. Guided pictures take two runs of the network a step. The distance of a few
pictures is larger than that of many, and guided ones, which vary less than real ones, can come below the floor.

${markdownTable(
  ["pictures", "network runs each", "seconds each", "how many", distance, "asked-for class seen"],
  [...sets, row("training pictures (floor)", training, ["", ""]), row("test pictures (ceiling)", test, ["", ""])],
)}

![A row for each class: real pictures, DDIM's, DDPM's](assets/fashion-mnist-class.png)

![Rows of real pictures and of what the model without classes makes](assets/fashion-mnist-unconditional.png)

None is picked: they are the first seeds.

## Bits per dimension

The variational bound on test pictures (DDPM, eq. 5), all 1,000 terms, with the larger of the two fixed variances.

${markdownTable(["model", "test pictures", "bits per dimension, at most"], bits)}

## Make some

    noisette sample runs/fashion-mnist-class/model --class 7,9 --count 8 --sampler ddim --steps 20
    noisette sample runs/fashion-mnist-class/model --class 3 --count 8 --sampler ddim --steps 20 --guidance 2
    noisette evaluate likelihood runs/fashion-mnist-unconditional/model --data FOLDER --limit 16 --method bound
`;
}
