// The caller's side of residents: what it knows of tensors that the engine holds, and what it may ask of them.

import { symbol } from "../graph/dim.ts";
import { graphOf } from "../graph/graph.ts";
import type { Graph } from "../graph/graph.ts";
import type { Target } from "../graph/lowering.ts";
import { reshape } from "../graph/ops/shape.ts";
import { input } from "../graph/ops/source.ts";
import { toOnnx } from "../graph/to-onnx.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementCount } from "../tensor/tensor.ts";
import type { KeptOutputs, Residents } from "./engine.ts";
import type { Requests, WireTensor } from "./protocol.ts";

/** Residents of one engine, with the number the engine knows them by. */
export interface HeldTensors extends Residents {
  readonly holding: number;
}

/** Sends a request and gives its answer. */
export type Ask = <K extends keyof Requests>(
  kind: K,
  doing: string,
  takes: Requests[K]["takes"],
) => Promise<Requests[K]["gives"]>;

/** Moves `tensors` into the engine behind `ask`. */
export async function hold(ask: Ask, tensors: Readonly<Record<string, Tensor>>, target: Target): Promise<HeldTensors> {
  const dims = new Map<string, readonly number[]>();
  const { holding } = await ask("hold", "hold residents", { copyModel: copyModel(target) });
  async function add(added: Readonly<Record<string, Tensor>>): Promise<void> {
    await ask("add", "hold residents", { holding, tensors: added as Record<string, WireTensor> });
    for (const [name, tensor] of Object.entries(added)) dims.set(name, tensor.dims);
  }
  await add(tensors);
  const known = (name: string, doing: string): readonly number[] => {
    const found = dims.get(name);
    if (found === undefined) throw new Error(`Cannot ${doing}: the engine holds no "${name}"`);
    return found;
  };
  return {
    holding,
    dims,
    get bytes() {
      return [...dims.values()].reduce((sum, own) => sum + 4 * elementCount(own), 0);
    },
    add,
    async read(names = [...dims.keys()]) {
      const doing = "read residents";
      const shapes = names.map((name) => known(name, doing));
      const values = await ask("read", doing, { holding, names });
      return Object.fromEntries(names.map((name, i) => [name, { dims: shapes[i], data: values[name] }]));
    },
    async write(written) {
      const doing = "write residents";
      for (const [name, { dims: own, data }] of Object.entries(written)) {
        const wanted = known(name, doing);
        if (`${own}` !== `${wanted}` || data.length !== elementCount(wanted))
          throw new TypeError(`Cannot ${doing}: "${name}" is [${own}] ([${wanted}] is wanted)`);
      }
      const values = Object.fromEntries(Object.entries(written).map(([name, { data }]) => [name, data]));
      await ask("write", doing, { holding, values });
    },
    async release() {
      await ask("release", "release residents", { holding });
    },
  };
}

/** Throws unless `residents` has a tensor of its shape for each kept output of `graph`. */
export function checkKept(
  graph: Graph,
  { outputs }: KeptOutputs,
  residents: Residents | undefined,
  doing: string,
): void {
  for (const [output, name] of Object.entries(outputs)) {
    const held = residents?.dims.get(name);
    if (held === undefined) throw new TypeError(`Cannot ${doing}: no resident "${name}" for its output "${output}"`);
    const { dims } = graph.outputs[output];
    if (`${dims}` !== `${held}`) {
      throw new TypeError(`Cannot ${doing}: its output "${output}" is [${dims}] (resident "${name}" is [${held}])`);
    }
  }
}

/** x [n] → y, the same: how a GPU's memory is reached. */
function copyModel(target: Target): Uint8Array {
  const n = symbol("n");
  const graph = graphOf("copy", { y: reshape(input("x", [n]), [n]) });
  return toOnnx(graph, {
    target,
    bindings: new Map(),
    locate: () => {
      throw new Error("Cannot locate a weight: a copy has none");
    },
  });
}
