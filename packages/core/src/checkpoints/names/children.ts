// Reading structure out of parameter names: "down_blocks.2.resnets.1.conv1.weight" says there are at least
// three down blocks. Names are what every checkpoint has; configurations are often missing.

/** How many numbered children `path` has among `names`: `path.0.…`, `path.1.…` and so on, without a gap. */
export function childCount(names: Iterable<string>, path: string): number {
  const prefix = `${path}.`;
  const indices = new Set<string>();
  for (const name of names) {
    if (name.startsWith(prefix)) indices.add(name.slice(prefix.length, name.indexOf(".", prefix.length)));
  }
  let count = 0;
  while (indices.has(String(count))) count++;
  return count;
}

/** True when some name lies below `path`. */
export function hasChild(names: Iterable<string>, path: string): boolean {
  const prefix = `${path}.`;
  for (const name of names) if (name.startsWith(prefix)) return true;
  return false;
}

/**
 * `name` with its module renamed: the longest module path of `modules` that `name` starts with is replaced.
 * Undefined when there is none.
 */
export function renameModule(name: string, modules: ReadonlyMap<string, string>): string | undefined {
  for (let end = name.lastIndexOf("."); end > 0; end = name.lastIndexOf(".", end - 1)) {
    const module = modules.get(name.slice(0, end));
    if (module !== undefined) return module + name.slice(end);
  }
  return undefined;
}
