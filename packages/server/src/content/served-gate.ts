// The gate that a server's or worker's pictures go through: its classifier is opened when the first picture comes.

import { defaultNsfwThreshold } from "@noisette/core/pipelines/content-gate";
import type { ContentGate } from "@noisette/core/pipelines/content-gate";
import type { EnginePool, Resident } from "../engines/engine-pool.ts";
import type { ContentOptions } from "../server-options.ts";
import type { EngineSettings } from "../services.ts";
import { openClassifier } from "./open-classifier.ts";
import type { OpenClassifier } from "./open-classifier.ts";

/** What its process was measured to take. */
const sizeBytes = 170e6;

/** The classifier for the pool. */
const classifierResident = ({ threads }: EngineSettings): Resident<OpenClassifier> => ({
  key: "nsfw",
  sizeBytes,
  open: () => openClassifier({ threads }),
});

/** The gate that `content` asks for; undefined when it is off. */
export function servedGate(
  engines: EnginePool,
  settings: EngineSettings,
  { nsfw, nsfwThreshold: threshold = defaultNsfwThreshold }: ContentOptions & Required<Pick<ContentOptions, "nsfw">>,
): ContentGate | undefined {
  if (nsfw === "off") return undefined;
  const resident = classifierResident(settings);
  return {
    policy: nsfw,
    threshold,
    classify: (image, { signal = new AbortController().signal } = {}) =>
      engines.use(resident, signal, (opened) => opened.classify(image, { signal })),
  };
}
