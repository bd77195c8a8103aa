// The ways people write "that model on the Hub": owner/name, owner/name@revision, owner/name/file.safetensors, or the
// address copied from the browser's bar.

/** A model repository on the Hub, or one file of it. */
export interface HubReference {
  /** "owner/name" */
  readonly repository: string;
  /** Branch, tag or commit, when one was written. */
  readonly revision?: string;
  /** Path of one file inside the repository; left out when the repository as a whole is meant. */
  readonly file?: string;
}

/**
 * Parses a Hub id or a Hub address. `endpoints` are the addresses that count as the Hub, without a "/" at the end.
 * Throws Error when `text` is neither.
 */
export function parseHubReference(text: string, endpoints: readonly string[]): HubReference {
  return /^https?:/i.test(text) ? parseAddress(text, endpoints) : parseId(text);
}

// owner/name[/path/to/file.ext][@revision]
function parseId(text: string): HubReference {
  const [, path, revision] = /^(.*?)(?:@([^@]*))?$/s.exec(text)!;
  const [owner, name, ...rest] = path.split("/");
  const file = rest.length > 0 ? rest.join("/") : undefined;
  const wellFormed =
    isRepositoryPart(owner) &&
    isRepositoryPart(name) &&
    (revision === undefined || isRevision(revision)) &&
    (file === undefined || (isRepositoryPath(file) && /\.\w+$/.test(file)));
  if (!wellFormed) {
    const forms = "owner/name, owner/name@revision or owner/name/file.safetensors";
    throw new Error(`Cannot find "${text}": no such file, and not a Hub id (of the form ${forms})`);
  }
  return { repository: `${owner}/${name}`, revision, file };
}

// ENDPOINT/owner/name[/(tree|resolve|blob|raw)/revision[/path/to/file.ext]]; a revision's own "/" is written %2F.
function parseAddress(text: string, endpoints: readonly string[]): HubReference {
  const endpoint = endpoints.find((endpoint) => text.startsWith(`${endpoint}/`));
  const wrong = (what: string) => new Error(`Cannot find "${text}": ${what} (${endpoints[0]}/owner/name is wanted)`);
  if (endpoint === undefined) throw wrong("not an address on the Hub");

  const path = text.slice(endpoint.length + 1).replace(/[?#].*$/s, "");
  const [owner, name, verb, revision, ...rest] = path.replace(/\/$/, "").split("/").map(decode);
  const file = rest.length > 0 ? rest.join("/") : undefined;
  if (!isRepositoryPart(owner) || !isRepositoryPart(name)) throw wrong("no model's address");
  if (verb === undefined) return { repository: `${owner}/${name}` };
  if (verb !== "tree" && !["resolve", "blob", "raw"].includes(verb)) throw wrong("no model's address");
  if ((verb === "tree") !== (file === undefined)) throw wrong("neither a whole repository nor one file");
  if (!isRevision(revision)) throw wrong(`no revision "${revision ?? ""}"`);
  if (file !== undefined && !isRepositoryPath(file)) throw wrong(`no file "${file}"`);
  return { repository: `${owner}/${name}`, revision, file };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return ""; // a stray "%": no part of any address
  }
}

// The Hub's own rule: letters, digits, "-", "_", "."; a letter, digit or "_" at both ends; no "--", no "..".
function isRepositoryPart(part: string | undefined): part is string {
  return part !== undefined && part.length <= 96 && /^\w(?:[\w.-]*\w)?$/.test(part) && !/--|\.\.|\.git$/.test(part);
}

/** Whether `revision` has the form of a branch, tag or commit. */
export function isRevision(revision: string | undefined): revision is string {
  return revision !== undefined && /^\w[\w./+-]*$/.test(revision) && isRepositoryPath(revision);
}

/** True when `path`, joined to a folder, stays inside that folder on every system. */
export function isRepositoryPath(path: string): boolean {
  // A "\" separates folders and a ":" names a drive on Windows.
  return !/[\\:\0]/.test(path) && path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}
