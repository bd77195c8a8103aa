// nsfwjs's classifier, whose weights this package has, in an engine of its own.

import { fileURLToPath } from "node:url";
import type { ContentClassifier } from "@noisette/core/pipelines/content-gate";

/** Its files. */
export const classifierFolder = fileURLToPath(new URL("../../assets/nsfw", import.meta.url));

/** A classifier that is open. */
export interface OpenClassifier extends ContentClassifier {
  /** Ends its engine. */
  close(): Promise<void>;
}

/** Opens it on the CPU, where a picture takes some ten milliseconds and no model has to make room for it. */
export async function openClassifier({ threads }: { readonly threads?: number }): Promise<OpenClassifier> {
  const { openEngine } = await import("@noisette/core/runtime/open-engine");
  const { loadContentClassifier } = await import("@noisette/core/pipelines/content-gate");
  const engine = await openEngine({ device: "cpu", threads });
  try {
    const { classify } = await loadContentClassifier(engine, classifierFolder);
    return { classify, close: () => engine.close() };
  } catch (error) {
    await engine.close();
    throw error;
  }
}
