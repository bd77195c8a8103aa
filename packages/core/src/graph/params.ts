// Named parameters while tracing: `p.at("down_blocks", 0).parameter("weight", [320, 4, 3, 3])`. The dotted path is the
// name in the published checkpoint.

import { apply } from "./op.ts";
import { parameterOp } from "./ops/source.ts";
import { within } from "./scope.ts";
import type { Value } from "./value.ts";

/** A module's place in the network: the prefix of its parameters' names. */
export interface Params {
  readonly path: string;
  /** The submodule `segments` below, e.g. at("resnets", 1). */
  at(...segments: readonly (string | number)[]): Params;
  /** The weight `name` of this module, [dims]; the same value each time it is asked for. */
  parameter(name: string, dims: readonly number[]): Value;
}

/** A value that stands for the weight `name`: the checkpoint's, unless a training has its own. */
export type MakeParameter = (name: string, dims: readonly number[]) => Value;

/** The weight of a checkpoint. */
export const storedParameter: MakeParameter = (name, dims) => apply(parameterOp, [], { name, dims });

/** Parameters of a network being traced, from its root; `make` is called once for each. */
export function parameters(make: MakeParameter = storedParameter): Params {
  const made = new Map<string, Value>();
  const module = (path: string): Params => ({
    path,
    at: (...segments) => module([path, ...segments].filter((segment) => segment !== "").join(".")),
    parameter(name, dims) {
      const full = path === "" ? name : `${path}.${name}`;
      const value = made.get(full) ?? within(path, () => make(full, dims));
      made.set(full, value);
      return value;
    },
  });
  return module("");
}

/** A layer `(p, ...) → value` that puts its module path on every operator it applies. */
export const layer =
  <A extends readonly unknown[], R>(build: (p: Params, ...args: A) => R) =>
  (p: Params, ...args: A): R =>
    within(p.path, () => build(p, ...args));
