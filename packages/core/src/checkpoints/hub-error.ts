// What can go wrong between us and the Hub, with a code for callers who want to do something about it.

/** Why a model could not be had; the message says it in words, with what to do about it. */
export type HubErrorCode =
  | "unreachable" // no answer, or the server is in trouble: trying again later may help
  | "unauthorized" // a token is missing or refused
  | "gated" // the licence has to be accepted first
  | "missing" // no such repository, revision or file
  | "ambiguous" // the repository does not say which of its files is the model
  | "offline" // not cached, and the network must not be used
  | "checksum" // the bytes are not those the Hub promised
  | "disk"; // the cache cannot be written

/** An error of `resolveModel`. */
export class HubError extends Error {
  readonly code: HubErrorCode;

  constructor(code: HubErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "HubError";
    this.code = code;
  }
}

// System codes of a cache that cannot be written, and what they mean to a person.
const diskTroubles: Record<string, string> = {
  ENOSPC: "no space is left on the disk",
  EDQUOT: "the disk quota is used up",
  EACCES: "the cache folder may not be written",
  EPERM: "the cache folder may not be written",
  EROFS: "the cache folder is on a read-only disk",
  ENOTDIR: "the cache folder's path leads through a file",
};

/** Returns `error` in words when it is the disk's (HubError "disk"), and as it is otherwise. */
export function explainDiskError(error: unknown, subject: string, cacheFolder: string): unknown {
  const trouble = diskTroubles[(error as { code?: string } | undefined)?.code ?? ""];
  if (trouble === undefined) return error;
  const wanted = `room in "${cacheFolder}", or another folder in HF_HUB_CACHE, is wanted`;
  return new HubError("disk", `Cannot save ${subject}: ${trouble} (${wanted})`, { cause: error });
}
