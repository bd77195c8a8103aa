import { describe, expect, it } from "vitest";
import { disk } from "#platform";
import { hubSettings } from "./hub-settings.ts";

const settingsFor = (variables: Record<string, string>, files: Record<string, string> = {}, options = {}) =>
  hubSettings(options, "https://hub.example", {
    ...disk!,
    environment: (name) => variables[name],
    homeFolder: () => "/h",
    readText: async (path) => files[path],
  });

describe("hubSettings()", () => {
  it.each([
    [{}, "/h/.cache/huggingface/hub"],
    [{ XDG_CACHE_HOME: "/x" }, "/x/huggingface/hub"],
    [{ XDG_CACHE_HOME: "/x", HF_HOME: "~/hf" }, "/h/hf/hub"],
    [{ HF_HOME: "/hf", HUGGINGFACE_HUB_CACHE: "/old" }, "/old"],
    [{ HF_HOME: "/hf", HUGGINGFACE_HUB_CACHE: "/old", HF_HUB_CACHE: "/new/" }, "/new"],
    [{ HF_HUB_CACHE: "" }, "/h/.cache/huggingface/hub"],
  ])(
    "hubSettings() finds the cache as huggingface_hub does when the environment is %j",
    async (variables, expected) => {
      expect((await settingsFor(variables)).cacheFolder).toBe(expected);
    },
  );

  it("hubSettings() finds the token in the environment, then in the token file, and in neither when told not to", async () => {
    const files = { "/h/.cache/huggingface/token": "hf_file\n", "/t": "hf_other" };
    const tokenOf = async (variables: Record<string, string>, options = {}) =>
      (await settingsFor(variables, files, options)).token;
    expect(await tokenOf({})).toBe("hf_file");
    expect(await tokenOf({ HF_TOKEN_PATH: "/t" })).toBe("hf_other");
    expect(await tokenOf({ HF_HOME: "/nothing" })).toBeUndefined();
    expect(await tokenOf({ HF_TOKEN: " hf_env " })).toBe("hf_env");
    expect(await tokenOf({ HF_TOKEN: "hf_env", HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" })).toBeUndefined();
    expect(await tokenOf({ HF_TOKEN: "hf_env" }, { token: "hf_mine" })).toBe("hf_mine");
    expect(await tokenOf({ HF_TOKEN: "hf_env" }, { token: false })).toBeUndefined();
  });

  it("hubSettings() reads HF_ENDPOINT and HF_HUB_OFFLINE when no option is given", async () => {
    expect(await settingsFor({})).toMatchObject({ endpoint: "https://hub.example", offline: false });
    expect(await settingsFor({ HF_ENDPOINT: "http://e/", HF_HUB_OFFLINE: "1" })).toMatchObject({
      endpoint: "http://e",
      offline: true,
    });
    expect(await settingsFor({ TRANSFORMERS_OFFLINE: "yes" })).toMatchObject({ offline: true });
    expect(await settingsFor({ HF_HUB_OFFLINE: "1" }, {}, { offline: false })).toMatchObject({ offline: false });
  });
});
