// Every export says in a doc comment what it is: docs/style.md, "Comments".

import { exportedNames } from "./parse-module.ts";
import { isPackageSource, isTest, type SourceFile } from "./source-files.ts";

/** Returns one finding for every exported declaration of a package without a doc comment right before it. */
export function checkDocs(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => isPackageSource(path) && !isTest(path))
    .flatMap((file) =>
      exportedNames(file)
        .filter(({ documented }) => !documented)
        .map(({ name, line }) => `${file.path}:${line} exports "${name}" without a doc comment`),
    );
}
