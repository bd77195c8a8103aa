// Catalogue, pictures, queue and events of a server that is alone: in its folder, and in its process.

import { join } from "node:path";
import { disk } from "@noisette/core/platform/node";
import { openCatalogue } from "./catalogue/catalogue.ts";
import { openPglite } from "./catalogue/pglite.ts";
import { jobEventLog } from "./jobs/event-log.ts";
import { lockFolder } from "./lock-folder.ts";
import { embeddedQueue } from "./queue/embedded-queue.ts";
import type { KeptParts } from "./shared-parts.ts";
import { openFolderStore } from "./store/folder-store.ts";

/** Opens what is in the folder `data`, which is made where there is none. What ran when its process ended waits again. */
export async function openOwnParts(data: string): Promise<KeptParts> {
  await disk!.makeFolder(data);
  const unlock = await lockFolder(data);
  const [catalogue, store] = await Promise.all([
    openPglite(data).then(openCatalogue),
    openFolderStore(join(data, "files")),
  ]);
  await catalogue.jobs.recover();
  const queue = embeddedQueue(catalogue.jobs);
  return {
    catalogue,
    store,
    queue,
    events: jobEventLog(),
    async close() {
      await queue.close();
      await catalogue.close();
      await unlock();
    },
  };
}
