// The content gate of `noisette generate`, with the classifier that the server's package has.

import type { ContentGate } from "@noisette/core/pipelines/content-gate";

/** What unsafe pictures are, and what becomes of them. */
export type GateSettings = Pick<ContentGate, "policy" | "threshold">;

/** A gate that is open. */
export interface OpenGate extends ContentGate {
  /** Ends its engine. */
  close(): Promise<void>;
}

/** Opens a gate. */
export async function openGate(settings: GateSettings, options: { readonly threads?: number }): Promise<OpenGate> {
  const { openClassifier } = await import("@noisette/server/content/open-classifier");
  return { ...settings, ...(await openClassifier(options)) };
}
