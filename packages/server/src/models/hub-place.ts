// Where the Hub and its cache are, as core sees them.

import { hubSettings } from "@noisette/core/checkpoints/hub-settings";
import type { HubSettings } from "@noisette/core/checkpoints/hub-settings";
import { disk, loadHubLibrary } from "@noisette/core/platform/node";

/** The settings that downloads use, from the environment. */
export async function hubPlace(): Promise<HubSettings> {
  const { HUB_URL } = await loadHubLibrary();
  return hubSettings({}, HUB_URL, disk!);
}
