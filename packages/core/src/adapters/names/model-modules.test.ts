import { expect, it } from "vitest";
import { fixturePath, readGolden } from "../../../../../fixtures/read-golden.ts";
import { openCheckpoint } from "../../checkpoints/open.ts";
import { ldmPaths } from "./model-modules.ts";

it("ldmPaths() gives the original names of SDXL's modules as diffusers converts them", async () => {
  const { networks } = await openCheckpoint(fixturePath("models/sdxl"));
  const original = ldmPaths(networks.unet.tensors);
  const example = readGolden("adapters/lora_kohya_sdxl_expected").json.unet_key_map_example as Record<string, string>;
  const ours = Object.keys(example).map((path) => `${original(path)}.weight`);
  expect(ours).toEqual(Object.values(example));
});

it("ldmPaths() finds every module that a single file has", async () => {
  const { networks } = await openCheckpoint(fixturePath("single_file/sd1_ldm.safetensors"), {
    config: fixturePath("models/sd1"),
  });
  const original = ldmPaths(networks.unet.tensors);
  for (const [name, stored] of networks.unet.tensors) {
    const [module, kind] = [name.slice(0, name.lastIndexOf(".")), name.slice(name.lastIndexOf("."))];
    expect(`model.diffusion_model.${original(module)}${kind}`).toBe(stored.name);
  }
});
