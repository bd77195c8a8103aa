// What a caller feeds, held against what the network takes: ONNX Runtime would broadcast a wrong batch without a word.

import { dimText, evaluateDim } from "../graph/dim.ts";
import type { InputAttributes } from "../graph/ops/source.ts";
import { elementCount } from "../tensor/tensor.ts";
import type { AnyTensor } from "../tensor/tensor.ts";
import type { RunOptions } from "./engine.ts";

/**
 * Throws TypeError unless `feeds`, or else `residents`, have every input, of its type and shape, with one size per
 * symbol. Returns the resident of each input that is not fed. `doing` is the verb's object.
 */
export function checkFeeds(
  inputs: readonly InputAttributes[],
  feeds: Readonly<Record<string, AnyTensor>>,
  doing: string,
  { residents, from = {} }: Pick<RunOptions, "residents" | "from"> = {},
): Record<string, string> {
  const sizes: Record<string, number> = {};
  const held: Record<string, string> = {};
  for (const { name, type, dims } of inputs) {
    const feed = feeds[name];
    const resident = from[name] ?? name;
    const given = feed?.dims ?? residents?.dims.get(resident);
    if (given === undefined) throw new TypeError(`Cannot ${doing}: input "${name}" is missing`);
    if (feed === undefined) held[name] = resident;
    else checkData(name, feed, type, doing);
    const fits =
      given.length === dims.length &&
      dims.every((dim, i) => {
        if (typeof dim !== "number" && /^\w+$/.test(dim.text)) sizes[dim.text] ??= given[i];
        return given[i] === evaluateDim(dim, sizes);
      });
    if (!fits) {
      const known = Object.entries(sizes).map(([symbol, size]) => `${symbol} = ${size}`);
      const where = known.length === 0 ? "" : `, where ${known.join(", ")},`;
      throw new TypeError(`Cannot ${doing}: input "${name}" is [${given}] ([${dims.map(dimText)}]${where} is wanted)`);
    }
  }
  return held;
}

function checkData(name: string, { dims, data }: AnyTensor, type: InputAttributes["type"], doing: string): void {
  if (!(data instanceof arrays[type])) {
    throw new TypeError(`Cannot ${doing}: input "${name}" is a ${data.constructor.name} (${type} is wanted)`);
  }
  if (data.length !== elementCount(dims)) {
    const wanted = `${elementCount(dims)} of [${dims}] are wanted`;
    throw new TypeError(`Cannot ${doing}: input "${name}" has ${data.length} values (${wanted})`);
  }
}

const arrays = { float32: Float32Array, int64: BigInt64Array, int32: Int32Array, bool: Uint8Array } as const;
