// The run that several chapters show.

import { useComputation } from "./figure.tsx";
import { subjectNow } from "./subject.tsx";
import { trace } from "./trace.ts";

/** Steps of the run. */
export const traceSteps = 20;

/** Wants the run of the page's subject, where `isWanted`. */
export function useTrace(isWanted = true): void {
  useComputation(trace, isWanted ? { ...subjectNow(), steps: traceSteps } : undefined);
}
