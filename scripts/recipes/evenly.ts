// Part of a data set to measure on.

import type { Dataset } from "@noisette/core/data/dataset";
import { subset } from "@noisette/core/training/examples";

/** At most `count` examples, evenly apart. */
export function evenly(dataset: Dataset, count: number): Dataset {
  const kept = Math.min(count, dataset.length);
  return subset(
    dataset,
    Array.from({ length: kept }, (_, i) => Math.floor((i * dataset.length) / kept)),
  );
}
