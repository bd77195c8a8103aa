// A page that points to a file points to one that is there: "Where is…?" tables rot first.

import { posix } from "node:path";
import { lineAt, type SourceFile } from "./source-files.ts";

const link = /(?<!!)\[[^\]]*\]\(([^)\s#]+)(?:#[^)]*)?\)/g;

/**
 * Returns one finding for every relative link of a Markdown page that leads to no file and no folder.
 * `exists` answers for a path from the repository's root.
 */
export function checkLinks(files: readonly SourceFile[], exists: (path: string) => boolean): string[] {
  return files
    .filter(({ path }) => path.endsWith(".md"))
    .flatMap(({ path, text }) =>
      [...text.matchAll(link)]
        .filter(([, target]) => !/^[a-z]+:/.test(target))
        .filter(([, target]) => !exists(posix.join(posix.dirname(path), target)))
        .map((match) => `${path}:${lineAt(text, match.index)} links to "${match[1]}", which is not there`),
    );
}
