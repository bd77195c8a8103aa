// Saying no: every kind of problem there is, with its status. Thrown anywhere, told as RFC 9457 says.

import { isAway } from "../away.ts";
import type { Problem } from "../schema/problem.ts";

interface ProblemKind {
  readonly status: number;
  readonly title: string;
}

/** The kinds by name. A problem's `type` is "/docs/problems#" and the name. */
export const problemKinds = {
  "bad-request": { status: 400, title: "The request is not as it should be" },
  "bad-json": { status: 400, title: "The body is no JSON" },
  "unreadable-picture": { status: 422, title: "A picture cannot be read" },
  "too-many-pixels": { status: 422, title: "A picture is too large" },
  "beyond-limits": { status: 422, title: "The job is larger than jobs may be" },
  "unknown-model": { status: 422, title: "There is no such model" },
  "unknown-picture": { status: 422, title: "There is no such picture" },
  "no-key": { status: 401, title: "A key is wanted" },
  forbidden: { status: 403, title: "That is not allowed" },
  "not-found": { status: 404, title: "There is nothing here" },
  "not-allowed": { status: 405, title: "That cannot be done here" },
  conflict: { status: 409, title: "That cannot be done now" },
  "too-large": { status: 413, title: "The request is too large" },
  "wrong-media-type": { status: 415, title: "The body is of another type" },
  "queue-full": { status: 429, title: "Too many jobs wait already" },
  "too-many-requests": { status: 429, title: "Too many requests" },
  "generation-failed": { status: 422, title: "The job cannot be done" },
  "unsafe-content": { status: 422, title: "The pictures were held back" },
  "engine-crashed": { status: 500, title: "The engine ended in the middle of the job" },
  "took-too-long": { status: 500, title: "The job took longer than jobs may" },
  "begun-too-often": { status: 500, title: "The job never came to its end" },
  "disk-full": { status: 507, title: "The disk is full" },
  "too-many-streams": { status: 503, title: "Too many streams are open" },
  unavailable: { status: 503, title: "The server is not ready" },
  internal: { status: 500, title: "The server made a mistake" },
} as const satisfies Record<string, ProblemKind>;

/** A name of a kind. */
export type ProblemKindId = keyof typeof problemKinds;

/** A problem on its way to the client. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.detail, options);
    this.problem = problem;
  }
}

/** What to add to a problem. */
export interface RefusalOptions extends ErrorOptions {
  readonly errors?: Problem["errors"];
  /** Seconds. */
  readonly retryAfter?: number;
}

/** A problem of a kind, to throw. */
export const refuse = (
  kind: ProblemKindId,
  detail: string,
  { errors, retryAfter, ...options }: RefusalOptions = {},
): Refusal => new Refusal(problemOf(kind, detail, { errors, retryAfter }), options);

/** The same as data. */
export function problemOf(
  kind: ProblemKindId,
  detail: string,
  { errors, retryAfter }: Omit<RefusalOptions, "cause"> = {},
): Problem {
  const { status, title } = problemKinds[kind];
  return {
    type: `/docs/problems#${kind}`,
    title,
    status,
    detail,
    ...(errors && { errors }),
    ...(retryAfter !== undefined && { retryAfter }),
  };
}

/** What `error` is to a client: a refusal as it stands, a full disk as such, anything else as a mistake of ours. */
export function problemOfError(error: unknown): Problem {
  if (error instanceof Refusal) return error.problem;
  if (isAway(error)) return problemOf("unavailable", (error as Error).message, { retryAfter: 10 });
  const { message, code, cause } = error as Error & { code?: string };
  const codes = [code, (cause as { code?: string } | undefined)?.code];
  if (codes.some((one) => one === "ENOSPC" || one === "EDQUOT"))
    return problemOf("disk-full", `Cannot keep what is made: ${message} (free space is wanted)`, { retryAfter: 60 });
  return problemOf("internal", message);
}
