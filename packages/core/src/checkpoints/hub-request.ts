// Requests to the Hub: who is asking, what an answer other than "here it is" means, and when to ask again.

import { HubError } from "./hub-error.ts";

const answerWithinMs = 30_000;
const firstWaitMs = 500;

/** What a request is about, for its headers and for the words of its errors. */
export interface HubSubject {
  readonly endpoint: string;
  readonly token: string | undefined;
  /** "owner/name" */
  readonly repository: string;
  readonly revision: string;
  readonly file?: string;
  readonly signal?: AbortSignal;
}

/**
 * Returns a `fetch` that sends the token to the Hub's own origin only (a redirect elsewhere loses it: Fetch standard,
 * "HTTP-redirect fetch") and throws HubError for every answer that is not a success.
 */
export function hubFetch(subject: HubSubject): typeof fetch {
  const origin = new URL(subject.endpoint).origin;
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init?.headers);
    headers.set("User-Agent", "noisette");
    if (subject.token !== undefined && url.origin === origin) headers.set("Authorization", `Bearer ${subject.token}`);

    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(new Error(`${answerWithinMs / 1000} s have passed`)), answerWithinMs);
    const signal = AbortSignal.any([silence.signal, ...(subject.signal ? [subject.signal] : [])]);
    const response = await fetch(url, { ...init, headers, signal })
      .catch((cause) => {
        throw unreachable(subject, cause);
      })
      .finally(() => clearTimeout(timer)); // the body may take as long as it likes
    if (response.ok) return response;
    await response.body?.cancel();
    throw refusal(subject, response);
  };
}

/** The HubError for a connection that failed or broke; the reason of an abort stays what it is. */
export function unreachable(subject: HubSubject, cause: unknown): unknown {
  if (subject.signal?.aborted) return subject.signal.reason;
  const { message, cause: inner } = cause as Error;
  const { code, message: detail } = (inner ?? {}) as { code?: string; message?: string };
  return new HubError(
    "unreachable",
    `Cannot download ${nameOf(subject)}: no answer from ${hostOf(subject)}: ${code ?? (detail || message)} ` +
      `(a network, a mirror in HF_ENDPOINT, or HF_HUB_OFFLINE=1 for what is cached already is wanted)`,
    { cause },
  );
}

/**
 * Runs `work` again while it fails with HubError "unreachable": `attempts` times in a row without `progress` growing,
 * waiting twice as long before each.
 */
export async function withRetries<T>(
  work: () => Promise<T>,
  { attempts, signal, progress = () => 0 }: { attempts: number; signal?: AbortSignal; progress?: () => number },
): Promise<T> {
  for (let failures = 0; ;) {
    const before = progress();
    try {
      return await work();
    } catch (error) {
      failures = progress() > before ? 1 : failures + 1;
      if (!(error instanceof HubError && error.code === "unreachable") || failures >= attempts) throw error;
      await delay(firstWaitMs * 2 ** (failures - 1), signal);
    }
  }
}

/** Waits; throws the reason of `signal` at once when it aborts. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

// The Hub says what is wrong in X-Error-Code. Without a token it answers 401 for a repository that does not exist, so
// that private names stay private; mirrors answer with the bare status.
function refusal(subject: HubSubject, response: Response): HubError {
  const { endpoint, token, repository, revision, file } = subject;
  const { status } = response;
  const reason = response.headers.get("X-Error-Code") ?? "";
  const said = response.headers.get("X-Error-Message");
  const name = nameOf(subject);

  if (reason === "GatedRepo") {
    const wanted = `accept its licence at ${endpoint}/${repository}, and set HF_TOKEN to a token of that account`;
    return new HubError("gated", `Cannot download ${name}: it is gated (${wanted})`);
  }
  if (reason === "RevisionNotFound") {
    return new HubError("missing", `Cannot download ${name}: no such revision (a branch, tag or commit is wanted)`);
  }
  if (status === 401 && token !== undefined) {
    const refused = `${hostOf(subject)} does not accept the token, or "${repository}" does not exist`;
    return new HubError("unauthorized", `Cannot download ${name}: ${refused} (a valid HF_TOKEN is wanted)`);
  }
  if (status === 401) {
    const refused = `"${repository}" does not exist, or it is private or gated`;
    const wanted = "for those, HF_TOKEN has to be set, and the licence page accepted";
    return new HubError("unauthorized", `Cannot download ${name}: ${refused} (${wanted})`);
  }
  if (status === 403) {
    const wanted = `HF_TOKEN has to allow it; a licence may have to be accepted at ${endpoint}/${repository}`;
    return new HubError("unauthorized", `Cannot download ${name}: ${said ?? "access is forbidden"} (${wanted})`);
  }
  if (status === 404) {
    const missing =
      reason === "EntryNotFound" && file !== undefined
        ? `no "${file}" at revision "${revision}"`
        : `no such repository or revision on ${hostOf(subject)}, and no such path on this machine`;
    return new HubError("missing", `Cannot download ${name}: ${missing} (an existing one is wanted)`);
  }
  const busy = status === 429 || status >= 500; // these pass; every other refusal stays
  const answer = `${hostOf(subject)} answered ${status}${said ? `, "${said}"` : ""}`;
  return new HubError(busy ? "unreachable" : "missing", `Cannot download ${name}: ${answer} (200 is wanted)`);
}

/** The subject in words: "owner/name", its file and its revision. */
function nameOf({ repository, file, revision }: HubSubject): string {
  const path = file === undefined ? repository : `${repository}/${file}`;
  return revision === "main" || /^[0-9a-f]{40}$/.test(revision) ? `"${path}"` : `"${path}@${revision}"`;
}

function hostOf({ endpoint }: HubSubject): string {
  return new URL(endpoint).host;
}
