// Where the Hub is, where its cache is and who we are there: the same environment variables, files and defaults as
// Python's huggingface_hub, so that both share one cache.

import type { Disk } from "../platform/disk.ts";

/** What a person can set; everything left out comes from the environment. */
export interface HubSettingsOptions {
  /** Folder of the cache. Else HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME/hub, XDG_CACHE_HOME/huggingface/hub. */
  cacheFolder?: string;
  /** Address of the Hub or of a mirror of it. Else HF_ENDPOINT. */
  endpoint?: string;
  /** Access token; false sends none. Else HF_TOKEN, HUGGING_FACE_HUB_TOKEN, the file HF_TOKEN_PATH, HF_HOME/token. */
  token?: string | false;
  /** True uses the cache only, without any request. Else HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE. */
  offline?: boolean;
}

/** The settings with every question answered. */
export interface HubSettings {
  readonly cacheFolder: string;
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly offline: boolean;
}

/** Completes `options` from the environment; `defaultEndpoint` is the Hub's own address. */
export async function hubSettings(
  options: HubSettingsOptions,
  defaultEndpoint: string,
  disk: Disk,
): Promise<HubSettings> {
  // An empty variable counts as unset.
  const set = (name: string) => disk.environment(name)?.trim() || undefined;
  const isOn = (name: string) => /^(1|on|yes|true)$/i.test(set(name) ?? "");

  const userCache = set("XDG_CACHE_HOME") ?? "~/.cache";
  const home = set("HF_HOME") ?? `${userCache}/huggingface`;
  const cache = options.cacheFolder ?? set("HF_HUB_CACHE") ?? set("HUGGINGFACE_HUB_CACHE") ?? `${home}/hub`;
  const tokenFile = expandHome(set("HF_TOKEN_PATH") ?? `${home}/token`, disk);

  const ownToken = async () => {
    if (isOn("HF_HUB_DISABLE_IMPLICIT_TOKEN")) return undefined;
    return set("HF_TOKEN") ?? set("HUGGING_FACE_HUB_TOKEN") ?? ((await disk.readText(tokenFile))?.trim() || undefined);
  };
  return {
    cacheFolder: expandHome(cache, disk).replace(/(?<=.)[\\/]+$/, ""),
    endpoint: (options.endpoint ?? set("HF_ENDPOINT") ?? defaultEndpoint).replace(/\/+$/, ""),
    token: options.token === false ? undefined : (options.token ?? (await ownToken())),
    offline: options.offline ?? (isOn("HF_HUB_OFFLINE") || isOn("TRANSFORMERS_OFFLINE")),
  };
}

/** `path` with a leading "~" replaced by the home folder. */
export function expandHome(path: string, disk: Disk): string {
  return path.replace(/^~(?=$|[\\/])/, () => disk.homeFolder());
}
