// What went wrong, in the server's words, in the place where it happened.

import { RequestError } from "@noisette/server/client";
import type { Problem } from "@noisette/server/schema/problem";

/** `error` in words; nothing where there is none. Parts that were wrong are listed. */
export function ProblemNote({ error }: { error: unknown }) {
  if (error === undefined || error === null) return null;
  const { detail, errors = [] } = problemIn(error);
  return (
    <div class="problem" role="alert">
      <div>
        <p>{detail}</p>
        {errors.length > 0 && (
          <ul>
            {errors.map(({ path, message }) => (
              <li key={path}>
                <code>{path}</code>: {message}
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

function problemIn(error: unknown): Pick<Problem, "detail" | "errors"> {
  if (error instanceof RequestError) return error.problem;
  if (typeof error === "object" && error !== null && "detail" in error) return error as Problem;
  return { detail: error instanceof Error ? error.message : String(error) };
}
