import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { readHypernetwork } from "./hypernetwork.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "noisette-"));
});
afterEach(() => rm(folder, { recursive: true }));

const fixture = (name: string) => fixturePath(`adapters/${name}.pt`);

describe("readHypernetwork()", () => {
  it("readHypernetwork() takes what A1111 takes when a file says nothing of itself", async () => {
    const { name, config, metadata, tensors } = await readHypernetwork(fixture("hypernet_linear_old"));
    expect(name).toBe("hypernet_linear_old");
    expect(config).toEqual({
      widths: [8, 16, 24],
      layerStructure: [1, 2, 1],
      activation: "linear",
      activateOutput: true,
      layerNorm: false,
      dropout: [0, 0, 0],
    });
    expect(metadata).toEqual({ step: "10", name: "hn_linear_old" });
    expect([...tensors.keys()].slice(0, 3)).toEqual([
      "8.k.linear.0.weight",
      "8.k.linear.0.bias",
      "8.k.linear.1.weight",
    ]);
  });

  it("readHypernetwork() reads what a file is built like", async () => {
    expect((await readHypernetwork(fixture("hypernet_swish_ln"))).config).toEqual({
      widths: [8, 16, 24],
      layerStructure: [1, 1.5, 1.5, 1],
      activation: "swish",
      activateOutput: true,
      layerNorm: true,
      dropout: [0, 0.3, 0, 0],
    });
  });

  /** The file of `name` with one text of its pickle replaced by another of the same length. */
  async function altered(name: string, from: string, to: string): Promise<string> {
    const bytes = await readFile(fixture(name));
    // Before it the archive names its members after the file.
    const at = bytes.indexOf(from, bytes.indexOf("layer_structure"));
    expect(at, from).toBeGreaterThan(0);
    bytes.write(to, at, "latin1");
    const path = join(folder, "x.pt");
    await writeFile(path, bytes);
    return path;
  }

  it("readHypernetwork() says what is wrong when structure and tensors do not go together", async () => {
    await expect(readHypernetwork(fixture("ti_a1111_multi"))).rejects.toThrow(/it is no hypernetwork/);
    const strange = await altered("hypernet_relu", "relu", "rule");
    await expect(readHypernetwork(strange)).rejects.toThrow(/activation "rule" is not known \(closest: "/);
    // Without its flag, the layers of normalization are missing from the names' count.
    const unnormalized = await altered("hypernet_swish_ln", "is_layer_norm", "no_layer_norm");
    await expect(readHypernetwork(unnormalized)).rejects.toThrow(/^Cannot (load|read) ".*x.pt"/);
    const shorter = await altered("hypernet_swish_ln", "layer_structure", "layer_structurE");
    await expect(readHypernetwork(shorter)).rejects.toThrow(/does not go with its layer structure/);
  });

  it("readHypernetwork() reads or says why not when a file is cut or altered anywhere", async () => {
    const original = await readFile(fixture("hypernet_relu"));
    const change = fc.record({ at: fc.nat(original.length - 1), value: fc.nat(255), cut: fc.boolean() });
    const path = join(folder, "a.pt");
    await fc.assert(
      fc.asyncProperty(change, async ({ at, value, cut }) => {
        const bytes = Buffer.from(original);
        bytes[at] = value;
        await writeFile(path, cut ? bytes.subarray(0, at) : bytes);
        const result = await readHypernetwork(path).catch((error: unknown) => error);
        if (result instanceof Error) expect(result.message).toMatch(/^Cannot /);
      }),
      { numRuns: 100, seed: 1 },
    );
  });
});
