// The module path while tracing, so that a shape error can say where in the network it arose.

let current = "";

/** Runs `build` with `path` as the module path of every operator applied inside. */
export function within<T>(path: string, build: () => T): T {
  const outer = current;
  current = path;
  try {
    return build();
  } finally {
    current = outer;
  }
}

/** The module path now, "" outside every module. */
export const currentScope = (): string => current;
