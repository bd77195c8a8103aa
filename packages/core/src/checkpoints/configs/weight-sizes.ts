import type { StoredTensors } from "../../tensor/stored.ts";
import { cannotDerive } from "./cannot-derive.ts";

/** Gives the sizes of a weight of `network` by its published name: two at least, none of them 0. Throws when there is no such weight. */
export const weightSizes =
  (tensors: StoredTensors, network: string) =>
  (name: string): readonly number[] => {
    const stored = tensors.get(name);
    if (stored === undefined) throw cannotDerive(network, `it has no "${name}"`);
    const { dims } = stored;
    if (dims.length < 2 || dims.includes(0))
      throw cannotDerive(network, `its "${name}" has shape [${dims}], not that of a layer's weights`);
    return dims;
  };
