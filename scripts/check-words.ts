// What may stand in no file: where packages come from, where this checkout lies, and names that say nothing.

import { lineAt, type SourceFile } from "./source-files.ts";

/** A word that is refused: how to recognise it, and what is wanted instead. */
interface RefusedWord {
  readonly pattern: RegExp;
  readonly reason: string;
  readonly where: (path: string) => boolean;
}

const everywhere = () => true;

const refusedWords: readonly RefusedWord[] = [
  {
    pattern:
      /https?:\/\/[\w.:-]*(?:registry|mirror|artifactory|verdaccio|nexus)[\w.:-]*|\b(?:registry\.\w+|(?:files\.)?pythonhosted|pypi|deb\.debian|static\.crates|proxy\.golang)\.(?:com|io|org)\b/gi,
    reason: "names a package registry (a package is named, never where it came from)",
    where: everywhere,
  },
  {
    pattern: /"resolved": "https?:/g,
    reason: "ties the lock file to one registry (.npmrc has omit-lockfile-registry-resolved)",
    where: (path) => path === "package-lock.json",
  },
  {
    // Not the tail of a longer path or address: "docs/home/…", "example.org/root/…", "${base}/work/…", "~/work/…".
    pattern: /(?<![\w.~})\]*-])\/(?:work|root|home|Users)\/(?=[\w.-])/g,
    reason: "is a path of one machine (use a path from the repository, or os.tmpdir())",
    where: everywhere,
  },
];

/** Kebab case, with the suffix of a test or a declaration file; README-like names and dot files are not code. */
const codeFile = /\.(ts|tsx|mts|mjs|js)$/;
const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|backend\.test|browser\.test|config|d))?\.(ts|tsx|mts|mjs|js)$/;
const emptyName = /^(utils?|misc|helpers?|common|shared|stuff|managers?)(\.test)?\.(ts|tsx|mts|mjs|js)$/;

/** Returns one finding for every refused word in a text and every refused file name. */
export function checkWords(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => [
    ...badName(path),
    ...refusedWords
      .filter(({ where }) => where(path))
      .flatMap(({ pattern, reason }) =>
        [...text.matchAll(pattern)].map((match) => `${path}:${lineAt(text, match.index)} "${match[0]}" ${reason}`),
      ),
  ]);
}

function badName(path: string): string[] {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (!codeFile.test(name)) return [];
  if (emptyName.test(name)) return [`${path} has a name that says nothing (name the one idea it holds)`];
  if (!kebabCase.test(name)) return [`${path} is not named in kebab case`];
  return [];
}
