// A job of which the content gate let nothing through.

import { refuse } from "../guard/refuse.ts";

/** The problem of it. */
export const nothingPassed = () =>
  refuse(
    "unsafe-content",
    "Cannot give the pictures: all of them were taken for unsafe (another prompt or seed is wanted)",
  );
