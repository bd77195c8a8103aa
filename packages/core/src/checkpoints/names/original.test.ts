import { expect, test } from "vitest";
import { singleFiles } from "../../../../../fixtures/published-listings.ts";
import type { StoredTensor } from "../../tensor/stored.ts";
import { elementCount } from "../../tensor/tensor.ts";
import type { ModelFamily } from "../checkpoint.ts";
import { copies } from "../save/stored-copies.ts";
import { readSingleFile } from "../single-file.ts";
import { originalNetwork } from "./original.ts";

/** The tensors of a published single file, by name. */
function listed(family: ModelFamily): Map<string, StoredTensor> {
  const rows = Object.entries(singleFiles[family]).flatMap(([prefix, listing]) =>
    listing.map(([name, dims]) => [prefix + name, dims] as const),
  );
  return new Map(
    rows.map(([name, dims]) => [
      name,
      { name, type: "F16", dims, file: "model.safetensors", offset: 8, byteLength: 2 * elementCount(dims) },
    ]),
  );
}

/** What the published networks do without: constants, and in SD 2 OpenCLIP-H's last layer and projection. */
const constants = /(\.logit_scale|\.position_ids)$/;
const unusedInSd2 = /\.(resblocks\.23\..+|text_projection)$/;

test.each(["sd1", "sd2", "sdxl", "sdxl-refiner"] as const)(
  "originalNetwork() gives the names and shapes of the published file when the family is %s",
  async (family) => {
    const tensors = listed(family);
    const { checkpoint } = await readSingleFile(
      "model.safetensors",
      { tensors, metadata: {} },
      { family, prediction: "epsilon" },
    );
    const written = new Map(
      Object.entries(checkpoint.networks).flatMap(([slot, network]) => [
        ...originalNetwork(slot as "unet", family, new Map(copies(network.tensors))),
      ]),
    );
    for (const [name, { dims }] of written) expect(dims, name).toEqual(tensors.get(name)?.dims);
    const others = [...tensors.keys()].filter((name) => !written.has(name));
    const strange = others.filter((name) => !constants.test(name) && !(family === "sd2" && unusedInSd2.test(name)));
    expect(strange).toEqual([]);
  },
);
