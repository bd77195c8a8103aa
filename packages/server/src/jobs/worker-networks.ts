// What a worker has of what jobs need first of all, by the names that `networkOf` gives.

import type { Networks } from "../queue/queue.ts";
import type { Services } from "../services.ts";
import { modelKey, upscalerKey } from "./open-networks.ts";

/** The networks of this process. */
export function workerNetworks({
  models,
  upscalers,
  engines,
}: Pick<Services, "models" | "upscalers" | "engines">): Networks {
  async function keyOf(network: string): Promise<string | undefined> {
    const [, kind, id] = /^(model|upscaler) (.*)$/s.exec(network) ?? [];
    if (kind === "model") {
      const model = await models.find(id);
      return model && modelKey(model);
    }
    const upscaler = (await upscalers()).find((one) => one.id === id);
    return upscaler && upscalerKey(upscaler);
  }
  return {
    async isOpen(network) {
      const key = await keyOf(network);
      return key !== undefined && engines.open().includes(key);
    },
    has: async (network) => network === "" || (await keyOf(network)) !== undefined,
  };
}
