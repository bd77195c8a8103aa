// What is trained: a network's losses as a function of its parameters and inputs.

import { squeezed } from "../graph/bind.ts";
import { parameters, storedParameter } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import { input } from "../graph/ops/source.ts";
import type { Value } from "../graph/value.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { residentNames } from "./resident-names.ts";

/** A network's loss as a function of its parameters and inputs; several objectives (generator, discriminator) may share one graph. */
export interface TrainingProgram {
  readonly name: string;
  /** Traces with parameters as symbols; called once. */
  build(p: Params): {
    readonly objectives: readonly {
      readonly name: string;
      readonly loss: Value;
      readonly trains: (parameter: string) => boolean;
    }[];
    /** Further scalars or small tensors to bring back every step. */
    readonly metrics?: Readonly<Record<string, Value>>;
    /** State that is not learnt by gradient: parameter name → its next value (batch-norm statistics, codebook usage). */
    readonly updates?: Readonly<Record<string, Value>>;
  };
}

/** One loss and the parameters that follow its gradient. */
export interface Objective {
  readonly name: string;
  readonly loss: Value;
  readonly trained: ReadonlyMap<string, Value>;
}

/** A traced program: its parameters are inputs that come from residents, or weights of a checkpoint. */
export interface TracedProgram {
  readonly name: string;
  /** Shape by parameter, of those that are inputs. */
  readonly dims: ReadonlyMap<string, readonly number[]>;
  readonly objectives: readonly Objective[];
  readonly metrics: Readonly<Record<string, Value>>;
  readonly updates: Readonly<Record<string, Value>>;
}

/**
 * Traces `program` with the parameters of `initial` as inputs and all others as weights of a checkpoint. Throws Error when a
 * parameter of `initial` is none of the program's, misshapen ([C,C,1,1] for [C,C] and the like fit), or trained by two objectives, and when an objective trains
 * nothing or an update is of a parameter that is not in `initial`.
 */
export function traceProgram(program: TrainingProgram, initial: ReadonlyMap<string, Tensor>): TracedProgram {
  const doing = `trace program "${program.name}"`;
  const made = new Map<string, Value>();
  const root = parameters((name, dims) => {
    const given = initial.get(name);
    if (given === undefined) return storedParameter(name, dims);
    if (squeezed(given.dims) !== squeezed(dims)) {
      throw new TypeError(`Cannot ${doing}: the initial "${name}" is [${given.dims}] ([${dims}] is wanted)`);
    }
    const value = input(residentNames.weight(name), dims);
    made.set(name, value);
    return value;
  });
  const { objectives, metrics = {}, updates = {} } = program.build(root);

  const unused = [...initial.keys()].find((name) => !made.has(name));
  if (unused !== undefined) throw new Error(`Cannot ${doing}: it has no parameter "${unused}" (one is given)`);
  for (const [name, next] of Object.entries(updates)) {
    const now = made.get(name);
    if (now === undefined) throw new Error(`Cannot ${doing}: "${name}" is updated and has no initial value`);
    if (`${next.dims}` !== `${now.dims}`) {
      throw new TypeError(`Cannot ${doing}: the update of "${name}" is [${next.dims}] ([${now.dims}] is wanted)`);
    }
  }
  const trainedBy = new Map<string, string>();
  return {
    name: program.name,
    dims: new Map([...made].map(([name, value]) => [name, value.dims as readonly number[]])),
    metrics,
    updates,
    objectives: objectives.map(({ name: objective, loss, trains }) => {
      const trained = new Map([...made].filter(([name]) => trains(name) && !Object.hasOwn(updates, name)));
      if (trained.size === 0)
        throw new Error(`Cannot ${doing}: objective "${objective}" trains none of its parameters`);
      for (const name of trained.keys()) {
        const other = trainedBy.get(name);
        if (other !== undefined)
          throw new Error(`Cannot ${doing}: "${name}" is trained by "${other}" and "${objective}" (one is wanted)`);
        trainedBy.set(name, objective);
      }
      return { name: objective, loss, trained };
    }),
  };
}
