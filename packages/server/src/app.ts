// The HTTP side: what is checked of every request, and the routes.

import { OpenAPIHono } from "@hono/zod-openapi";
import { version } from "@noisette/core/util/version";
import type { Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import { errorForm } from "./guard/error-forms.ts";
import { comfyuiRoutes } from "./comfyui/routes.ts";
import { checkHosts } from "./guard/hosts.ts";
import { checkKeys } from "./guard/keys.ts";
import type { Env } from "./guard/keys.ts";
import { limitRate } from "./guard/rate-limit.ts";
import { problemOf, problemOfError, refuse } from "./guard/refuse.ts";
import type { Metrics } from "./metrics.ts";
import { openaiRoutes } from "./openai/routes.ts";
import { docsRoutes } from "./routes/docs.ts";
import type { StreamGate } from "./routes/event-stream.ts";
import { healthRoutes } from "./routes/health.ts";
import { imageRoutes } from "./routes/images.ts";
import { jobEventRoutes } from "./routes/job-events.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { keyRoutes } from "./routes/keys.ts";
import { modelRoutes } from "./routes/models.ts";
import { samplingRoutes } from "./routes/sampling.ts";
import { trainingRoutes } from "./routes/training.ts";
import type { Problem } from "./schema/problem.ts";
import { sdapiRoutes } from "./sdapi/routes.ts";
import type { Services } from "./services.ts";
import type { TrainingRuns } from "./training/training-runs.ts";

/** How requests are let in. */
export interface AppOptions {
  /** Whether the server is bound to loopback. */
  readonly loopback: boolean;
  /** Keys of the operator. */
  readonly keys: readonly string[];
  /** Serve beyond loopback without a key. */
  readonly allowOpen: boolean;
  readonly hosts: readonly string[];
  readonly origins: readonly string[];
}

/** What the app serves. */
export interface AppParts {
  readonly services: Services;
  /** Undefined where there is none. */
  readonly training: TrainingRuns | undefined;
  readonly metrics: Metrics;
  readonly gate: StreamGate;
  readonly isDraining: () => boolean;
  /** Writes down what went wrong through no fault of the client. */
  readonly report: (error: unknown, request: string) => void;
  /** Further routes: other programs' APIs, the studio. */
  readonly more?: (services: Services) => readonly Hono<Env>[];
}

/** Paths that need no key: what a page must load before its user can give one. */
const open = /^\/($|v1\/health$|docs(\/|$)|openapi\.json$|assets\/|studio(\/|$)|favicon|v1\/signed\/)/;

/** The app of a server. */
export function serverApp(parts: AppParts, options: AppOptions): OpenAPIHono<Env> {
  const { services, training, metrics, gate, isDraining, report, more } = parts;
  const { catalogue, limits } = services;
  const app = new OpenAPIHono<Env>();

  app.use(async (c, next) => {
    const startedMs = performance.now();
    await next();
    metrics.answered({ method: c.req.method, status: c.res.status, seconds: (performance.now() - startedMs) / 1000 });
  });
  const pageHeaders = secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'self'"],
      imgSrc: ["'self'", "data:", "blob:"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
      workerSrc: ["'self'", "blob:"],
      connectSrc: ["'self'", "data:", "blob:"],
      frameAncestors: ["'none'"],
    },
    // Over plain HTTP on loopback it would do nothing but lock a name to HTTPS for later.
    strictTransportSecurity: false,
    // Pages that nothing foreign shares memory with may use threads in WebAssembly.
    crossOriginEmbedderPolicy: true,
  });
  // A training's report is a page of its own, with its own policy.
  app.use((c, next) => (/^\/v1\/training\/[^/]+\/report$/.test(c.req.path) ? next() : pageHeaders(c, next)));
  app.use(checkHosts(options));
  if (options.origins.length > 0)
    app.use(cors({ origin: [...options.origins], credentials: !options.origins.includes("*") }));
  app.use(bodyLimit({ maxSize: limits.bodyBytes, onError: tooLarge }));

  const isOpen = options.keys.length === 0 && (options.loopback || options.allowOpen);
  const keyCheck = checkKeys({ operatorKeys: options.keys, keys: catalogue.keys, isOpen });
  app.use((c, next) => (open.test(c.req.path) ? next() : keyCheck(c, next)));
  if (!options.loopback) app.use(limitRate(limits.requestsPerMinute));

  app.route("/", jobRoutes(services));
  app.route("/", jobEventRoutes(services, gate));
  app.route("/", imageRoutes(services));
  app.route("/", modelRoutes(services));
  app.route("/", samplingRoutes());
  if (training !== undefined) app.route("/", trainingRoutes(services, training, gate));
  else app.use("/v1/:what{training|datasets}/*", noTraining);
  app.route("/", keyRoutes(services));
  app.route("/", healthRoutes(services, metrics, isDraining));
  app.route("/", sdapiRoutes(services));
  app.route("/", openaiRoutes(services, gate));
  app.route("/", comfyuiRoutes(services, gate));
  app.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: {
      title: "noisette",
      version,
      description: "Stable Diffusion over HTTP. Problems are told as RFC 9457 says.",
    },
  });
  app.route("/", docsRoutes());
  for (const routes of more?.(services) ?? []) app.route("/", routes);

  app.notFound((c) =>
    sendProblem(
      c,
      problemOf("not-found", `Cannot ${c.req.method} ${c.req.path.slice(0, 200)}: there is nothing (see /docs)`),
    ),
  );
  app.onError((error, c) => {
    // Nobody waits for the answer any more.
    if (c.req.raw.signal.aborted) return c.body(null, 499 as 400);
    if (error instanceof HTTPException) {
      if (/JSON/.test(error.message))
        return sendProblem(c, problemOf("bad-json", `Cannot read the body: ${error.message} (JSON is wanted)`));
      return sendProblem(c, { ...problemOf("bad-request", error.message), status: error.status });
    }
    // The body is read a second time where it is settled.
    if (error instanceof SyntaxError)
      return sendProblem(c, problemOf("bad-json", `Cannot read the body: ${error.message}`));
    const problem = problemOfError(error);
    if (problem.status >= 500 && !problem.type.endsWith("too-many-streams"))
      report(error, `${c.req.method} ${c.req.path}`);
    return sendProblem(c, problem);
  });
  return app;

  function tooLarge(): never {
    throw refuse(
      "too-large",
      `Cannot take the request: it is larger than ${limits.bodyBytes} bytes (that is the limit for one)`,
    );
  }
}

function noTraining(): never {
  throw refuse(
    "not-allowed",
    "Cannot train: this server shares its work with others (noisette train, or a server that is alone, is wanted)",
  );
}

function sendProblem(c: Context, problem: Problem): Response {
  if (problem.retryAfter !== undefined) c.header("retry-after", String(Math.ceil(problem.retryAfter)));
  if (problem.status === 401) c.header("www-authenticate", 'Bearer realm="noisette"');
  const { status, body, type } = errorForm(problem, c.req.path);
  return c.body(JSON.stringify(body), status as 400, { "content-type": type });
}
