// Problems in the forms that other programs' clients read: which form, the path decides.

import type { Problem } from "../schema/problem.ts";

/** An answer that says no. */
export interface ErrorForm {
  readonly status: number;
  readonly body: object;
  readonly type: string;
}

const kindOf = ({ type }: Problem): string => type.slice(type.indexOf("#") + 1);
const inJson = (status: number, body: object): ErrorForm => ({ status, body, type: "application/json" });

/** RFC 9457. */
const native = (problem: Problem): ErrorForm => ({
  status: problem.status,
  body: problem,
  type: "application/problem+json",
});

/** A1111's, and that of its framework for fields that are wrong. */
function a1111(problem: Problem): ErrorForm {
  const { title, detail, errors, status } = problem;
  if (errors !== undefined) {
    const parts = errors.map(({ path, message }) => ({
      loc: ["body", ...path.split(".")],
      msg: message,
      type: "value_error",
    }));
    return inJson(422, { error: title, detail: parts, body: "", errors: detail });
  }
  return inJson(status, { error: title, detail, body: "", errors: detail });
}

/** OpenAI's types and codes for kinds of problems that have one. */
const openaiKinds: Readonly<Record<string, { status?: number; type?: string; code: string; param?: string }>> = {
  "no-key": { code: "invalid_api_key" },
  "unknown-model": { status: 404, code: "model_not_found", param: "model" },
  "queue-full": { type: "requests", code: "rate_limit_exceeded" },
  "too-many-requests": { type: "requests", code: "rate_limit_exceeded" },
  "unreadable-picture": { status: 400, code: "invalid_image_file", param: "image" },
  "too-many-pixels": { status: 400, code: "invalid_image_file", param: "image" },
};

/** OpenAI's. `code` and `param` of a problem go before those of its kind. */
function openai(problem: Problem & { readonly code?: string }): ErrorForm {
  const kind = openaiKinds[kindOf(problem)];
  const status = kind?.status ?? (problem.status === 422 ? 400 : problem.status);
  return inJson(status, {
    error: {
      message: problem.detail,
      type: kind?.type ?? (status >= 500 ? "server_error" : "invalid_request_error"),
      param: problem.errors?.[0].path ?? kind?.param ?? null,
      code: problem.code ?? kind?.code ?? null,
    },
  });
}

/** ComfyUI's. */
const comfyui = (problem: Problem): ErrorForm =>
  inJson(problem.status === 422 ? 400 : problem.status, {
    error: {
      type: kindOf(problem).replaceAll("-", "_"),
      message: problem.title,
      details: problem.detail,
      extra_info: {},
    },
    node_errors: {},
  });

const forms: readonly { readonly path: RegExp; readonly form: (problem: Problem) => ErrorForm }[] = [
  { path: /^\/(sdapi|controlnet)\//, form: a1111 },
  { path: /^\/v1\/images\/(generations|edits|variations)$/, form: openai },
  {
    path: /^\/(api\/)?(prompt|queue|history|view|upload|interrupt|free|system_stats|object_info|ws|embeddings|models|features|extensions)(\/|$)/,
    form: comfyui,
  },
];

/** The problem as clients of `path` read it. */
export const errorForm = (problem: Problem, path: string): ErrorForm =>
  (forms.find((row) => row.path.test(path))?.form ?? native)(problem);
