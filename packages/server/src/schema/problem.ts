// What went wrong, as RFC 9457 says it: the body of every answer from 400 on, and of jobs that failed.

import { z } from "zod";

/** One thing that was wrong with a request. */
export const problemPart = z.object({
  path: z.string().describe('Where: "options.steps"'),
  message: z.string().describe("What is wanted there"),
});

/** A problem; sent as application/problem+json. */
export const problem = z
  .object({
    type: z.string().describe("Which kind of problem, one of /docs/problems: programs branch on this"),
    title: z.string().describe("The kind in words"),
    status: z.int().describe("The HTTP status"),
    detail: z.string().describe("What happened, and what is wanted"),
    errors: z.array(problemPart).optional().describe("Each thing that was wrong with the request"),
    retryAfter: z.number().optional().describe("Seconds after which to try again"),
  })
  .meta({ id: "Problem" });

/** A problem. */
export type Problem = z.output<typeof problem>;
