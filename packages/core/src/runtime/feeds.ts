// What a caller feeds, held against what the network takes: ONNX Runtime would broadcast a wrong batch without a word.

import { dimText, evaluateDim } from "../graph/dim.ts";
import type { InputAttributes } from "../graph/ops/source.ts";
import { elementCount } from "../tensor/tensor.ts";
import type { AnyTensor } from "../tensor/tensor.ts";

/** Throws TypeError unless `feeds` has every input, of its type and shape, with one size per symbol. `doing` is the verb's object. */
export function checkFeeds(
  inputs: readonly InputAttributes[],
  feeds: Readonly<Record<string, AnyTensor>>,
  doing: string,
): void {
  const sizes: Record<string, number> = {};
  for (const { name, type, dims } of inputs) {
    const feed = feeds[name];
    if (feed === undefined) throw new TypeError(`Cannot ${doing}: input "${name}" is missing`);
    if (!(feed.data instanceof arrays[type])) {
      throw new TypeError(`Cannot ${doing}: input "${name}" is a ${feed.data.constructor.name} (${type} is wanted)`);
    }
    if (feed.data.length !== elementCount(feed.dims)) {
      const wanted = `${elementCount(feed.dims)} of [${feed.dims}] are wanted`;
      throw new TypeError(`Cannot ${doing}: input "${name}" has ${feed.data.length} values (${wanted})`);
    }
    const fits =
      feed.dims.length === dims.length &&
      dims.every((dim, i) => {
        if (typeof dim !== "number" && /^\w+$/.test(dim.text)) sizes[dim.text] ??= feed.dims[i];
        return feed.dims[i] === evaluateDim(dim, sizes);
      });
    if (!fits) {
      const known = Object.entries(sizes).map(([symbol, size]) => `${symbol} = ${size}`);
      const where = known.length === 0 ? "" : `, where ${known.join(", ")},`;
      throw new TypeError(
        `Cannot ${doing}: input "${name}" is [${feed.dims}] ([${dims.map(dimText)}]${where} is wanted)`,
      );
    }
  }
}

const arrays = { float32: Float32Array, int64: BigInt64Array, int32: Int32Array, bool: Uint8Array } as const;
