// Arrays after arrays.

type Numbers = Uint8Array | Uint16Array | Float32Array;

/** All of `parts`, one or more of them, in one array of their kind. */
export function concatenate<A extends Numbers = Uint8Array>(parts: readonly A[]): A {
  const [first = new Uint8Array()] = parts;
  // Node's Buffer is a Uint8Array that must not be made by its constructor.
  const Kind = (first instanceof Uint8Array ? Uint8Array : first.constructor) as new (length: number) => A;
  const all = new Kind(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
