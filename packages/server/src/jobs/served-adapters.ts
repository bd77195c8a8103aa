// LoRAs, embeddings and hypernetworks as requests may name them: by their names in the folder of adapters, and never by paths,
// which anybody could write into a prompt.

import { openAdapterFolder } from "@noisette/core/adapters/catalogue";
import type { AdapterCatalogue } from "@noisette/core/adapters/catalogue";

/** The adapters of `folder`; none without one. */
export async function servedAdapters(folder: string | undefined): Promise<AdapterCatalogue> {
  return { ...(folder === undefined ? noAdapters : await openAdapterFolder(folder)), namesOnly: true };
}

const noAdapters: AdapterCatalogue = {
  source: "this server",
  async find(_, name) {
    throw new Error(`Cannot find the adapter "${name}": this server has none (--adapters with a folder is wanted)`);
  },
  list: async () => ({ entries: [], problems: [] }),
  embeddings: async () => ({ files: [], problems: [] }),
};
