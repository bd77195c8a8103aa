import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { zlibSync } from "fflate";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fixturePath, goldenFloats, readGolden } from "../../../../fixtures/read-golden.ts";
import type { Image } from "../image/image.ts";
import { writePng } from "../image/png.ts";
import { writeSafetensors } from "../safetensors/write.ts";
import { tensor } from "../tensor/tensor.ts";
import { openAdapterFolder } from "./catalogue.ts";
import { embeddingTable, fittedEmbedding, readEmbedding, wordsOf } from "./embedding.ts";
import { embeddingKeyword, readPictureEmbedding } from "./picture-embedding.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "noisette-"));
});
afterEach(() => rm(folder, { recursive: true }));

const inFolder = (name: string) => join(folder, name);
const fixture = (name: string) => fixturePath(`adapters/${name}`);
const ones = (...dims: number[]) => tensor(dims, new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(1));

const files = [
  ["ti_a1111_single.pt", "a1111", "ti-single"],
  ["ti_a1111_single.safetensors", "a1111", undefined],
  ["ti_diffusers_single.bin", "diffusers", "<ti-single>"],
  ["ti_diffusers_single.safetensors", "diffusers", "<ti-single>"],
  ["ti_a1111_multi.pt", "a1111", "ti-multi"],
  ["ti_a1111_multi.safetensors", "a1111", undefined],
  ["ti_diffusers_multi.safetensors", "diffusers", "<ti-multi>"],
] as const;

describe("readEmbedding()", () => {
  it.each(files)("readEmbedding() gives the reference's vectors when the file is %s", async (name, form, word) => {
    const file = await readEmbedding(fixture(name));
    const expected = readGolden(`adapters/ti_${name.includes("multi") ? "multi" : "single"}_expected`);
    expect(file).toMatchObject({ name: name.replace(/\.\w+$/, ""), form, word });
    expect(file.vectors.clip!.dims).toEqual(expected.tensors.get("emb")!.dims);
    expect(file.vectors.clip!.data).toEqual(goldenFloats(expected, "emb"));
  });

  it("readEmbedding() says what a file is not when it is none", async () => {
    await expect(readEmbedding(fixture("hypernet_relu.pt"))).rejects.toThrow(/it is no embedding: its tensors are/);
    await writeSafetensors(inFolder("x.safetensors"), [["emb_params", ones(2, 3, 4)]]);
    await expect(readEmbedding(inFolder("x.safetensors"))).rejects.toThrow(/"emb_params" is \[2,3,4\]/);
    await writeSafetensors(inFolder("y.safetensors"), [
      ["clip_l", ones(2, 4)],
      ["clip_g", ones(3, 6)],
    ]);
    await expect(readEmbedding(inFolder("y.safetensors"))).rejects.toThrow(/2 and 3 vectors|3 and 2 vectors/);
    await writeSafetensors(inFolder("z.safetensors"), [["cat", tensor([1, 2], Float32Array.of(1, NaN))]]);
    await expect(readEmbedding(inFolder("z.safetensors"))).rejects.toThrow(/not finite/);
  });

  it("readEmbedding() reads or says why not when a file is cut or altered anywhere", async () => {
    const original = await readFile(fixture("ti_a1111_multi.pt"));
    const change = fc.record({ at: fc.nat(original.length - 1), value: fc.nat(255), cut: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(change, async ({ at, value, cut }) => {
        const bytes = Buffer.from(original);
        bytes[at] = value;
        await writeFile(inFolder("a.pt"), cut ? bytes.subarray(0, at) : bytes);
        const result = await readEmbedding(inFolder("a.pt")).catch((error: unknown) => error);
        if (result instanceof Error) expect(result.message).toMatch(/^Cannot /);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it("readEmbedding() reads or says why not when names and shapes are any", async () => {
    const name = fc.oneof(fc.constantFrom("emb_params", "clip_l", "clip_g", "string_to_param.*"), fc.string());
    const one = fc.tuple(name, fc.array(fc.nat(4), { maxLength: 3 }));
    const path = inFolder("a.safetensors");
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(one, { maxLength: 4, selector: ([own]) => own }), async (tensors) => {
        await writeSafetensors(
          path,
          tensors.filter(([own]) => own !== "__metadata__").map(([own, dims]) => [own, ones(...dims)]),
        );
        const result = await readEmbedding(path).catch((error: unknown) => error);
        if (result instanceof Error) expect(result.message).toMatch(/^Cannot /);
        else expect(Object.values((result as { vectors: object }).vectors).length).toBeGreaterThan(0);
      }),
      { numRuns: 100, seed: 1 },
    );
  });
});

describe("fittedEmbedding()", () => {
  const of = (vectors: object) => ({
    path: "x.pt",
    name: "x",
    word: undefined,
    form: "a1111" as const,
    vectors,
    metadata: {},
  });

  it("fittedEmbedding() gives each encoder its vectors when the widths are theirs", () => {
    expect(fittedEmbedding(of({ clip: ones(2, 768) }), { textEncoder: 768 })).toEqual({ textEncoder: ones(2, 768) });
    const pair = of({ clip_l: ones(2, 768), clip_g: ones(2, 1280) });
    expect(fittedEmbedding(pair, { textEncoder: 768, textEncoder2: 1280 })).toEqual({
      textEncoder: ones(2, 768),
      textEncoder2: ones(2, 1280),
    });
    expect(fittedEmbedding(pair, { textEncoder2: 1280 })).toEqual({ textEncoder2: ones(2, 1280) });
  });

  it("fittedEmbedding() says which family an embedding is for when it does not fit", () => {
    expect(() => fittedEmbedding(of({ clip: ones(1, 768) }), { textEncoder: 1024 })).toThrow(
      'Cannot use the embedding "x.pt": it has vectors of width 768, as for SD 1.x (vectors of width 1024 are wanted)',
    );
    expect(() => fittedEmbedding(of({ clip: ones(1, 768) }), { textEncoder: 768, textEncoder2: 1280 })).toThrow(
      /as for SD 1.x \(clip_l of width 768 and clip_g of width 1280 are wanted\)/,
    );
    expect(() => fittedEmbedding(of({ clip_l: ones(1, 768), clip_g: ones(1, 1280) }), { textEncoder: 768 })).toThrow(
      /as for SDXL/,
    );
  });
});

describe("embeddingTable()", () => {
  it("embeddingTable() calls a file by its name, its own word, or the one that is given", async () => {
    const widths = { textEncoder: 24 };
    const table = embeddingTable([{ file: await readEmbedding(fixture("ti_diffusers_single.bin")) }], widths);
    expect([...table.keys()]).toEqual(["ti_diffusers_single", "<ti-single>"]);
    const named = embeddingTable([{ file: await readEmbedding(fixture("ti_a1111_single.pt")), word: "zebra" }], widths);
    expect([...named.keys()]).toEqual(["zebra"]);
  });

  it("embeddingTable() throws when two files have one word", async () => {
    const both = await Promise.all(
      ["bin", "safetensors"].map(async (ending) => ({
        file: await readEmbedding(fixture(`ti_diffusers_single.${ending}`)),
      })),
    );
    expect(() => embeddingTable(both, { textEncoder: 24 })).toThrow(/both are called "ti_diffusers_single"/);
  });
});

/** The text that A1111 writes for [[1, 2.5], [-3, 4]]. */
const json = JSON.stringify({
  string_to_token: { "*": 265 },
  string_to_param: {
    "*": {
      TORCHTENSOR: [
        [1, 2.5],
        [-3, 4],
      ],
    },
  },
  name: "zebra",
  step: 7,
  sd_checkpoint: null,
});
const background: Image = { width: 40, height: 30, channels: 3, data: new Uint8Array(40 * 30 * 3).fill(200) };

/** A picture with `text` in strips at its sides, as A1111 draws them. */
function withStrips(picture: Image, text: string): Image {
  const packed = zlibSync(new TextEncoder().encode(text));
  const { height } = picture;
  const wide = Math.ceil(packed.length / (3 * height));
  const width = picture.width + 2 * wide + 2;
  const data = new Uint8Array(width * height * 3);
  let [at, random] = [0, 0];
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < 3 * wide; i++, at++) {
      random = (Math.imul(1664525, random) + 1013904223) >>> 0;
      const hidden = (random % 255) & 15;
      const byte = packed[at] ?? 0;
      // The upper half of the strips' bytes is for the eye.
      data[y * width * 3 + i] = ((byte & 15) ^ hidden) | 0x50;
      data[(y * width + width - wide) * 3 + i] = ((byte >> 4) ^ hidden) | 0x50;
    }
    data.set(picture.data.subarray(y * picture.width * 3, (y + 1) * picture.width * 3), (y * width + wide + 1) * 3);
  }
  return { width, height, channels: 3, data };
}

describe("readPictureEmbedding()", () => {
  const wanted = { name: "zebra", vectors: tensor([2, 2], Float32Array.of(1, 2.5, -3, 4)), metadata: { step: "7" } };

  it("readPictureEmbedding() reads the PNG's text, or the strips beside the picture", async () => {
    await writePng(inFolder("text.png"), background, { [embeddingKeyword]: Buffer.from(json).toString("base64") });
    expect(await readPictureEmbedding(inFolder("text.png"))).toEqual(wanted);
    await writePng(inFolder("strips.png"), withStrips(background, json));
    expect(await readPictureEmbedding(inFolder("strips.png"))).toEqual(wanted);
    expect((await readEmbedding(inFolder("strips.png"))).form).toBe("picture");
    expect(wordsOf(await readEmbedding(inFolder("strips.png")))).toEqual(["strips", "zebra"]);
  });

  it("readPictureEmbedding() gives nothing for a picture, and an Error for a damaged embedding", async () => {
    await writePng(inFolder("a.png"), background);
    expect(await readPictureEmbedding(inFolder("a.png"))).toBeUndefined();
    await writePng(inFolder("b.png"), withStrips(background, "{}"));
    await expect(readPictureEmbedding(inFolder("b.png"))).rejects.toThrow(/has no matrix of vectors/);
    await writePng(inFolder("c.png"), background, { [embeddingKeyword]: "§" });
    await expect(readPictureEmbedding(inFolder("c.png"))).rejects.toThrow(/is no base64/);
    const ragged = json.replace("[1,2.5]", "[1]");
    await writePng(inFolder("d.png"), background, { [embeddingKeyword]: Buffer.from(ragged).toString("base64") });
    await expect(readPictureEmbedding(inFolder("d.png"))).rejects.toThrow(/has no matrix of vectors/);
  });
});

describe("openAdapterFolder()", () => {
  const put = async (from: string, to: string) => {
    await mkdir(join(inFolder(to), ".."), { recursive: true });
    await copyFile(fixture(from), inFolder(to));
  };

  it("openAdapterFolder() finds files of a kind by name, folder and ending in any case", async () => {
    await put("ti_a1111_single.pt", "Bad Hands.pt");
    await put("hypernet_relu.pt", "hyper/Relu.pt");
    await put("ti_diffusers_single.bin", "more/cat.bin");
    await put("ti_a1111_multi.pt", "dogs/cat.pt");
    await writePng(inFolder("cat.preview.png"), background);
    await writePng(inFolder("picture.png"), background);
    await writeSafetensors(inFolder("l.safetensors"), [["lora_unet_x.lora_down.weight", ones(1, 2)]], {
      metadata: { ss_output_name: "my lora" },
    });
    await writeFile(inFolder("broken.pt"), "nothing");
    const catalogue = await openAdapterFolder(folder);
    expect(await catalogue.find("embedding", "bad hands")).toBe(inFolder("Bad Hands.pt"));
    expect(await catalogue.find("embedding", "Bad Hands.pt")).toBe(inFolder("Bad Hands.pt"));
    expect(await catalogue.find("embedding", "more/cat")).toBe(inFolder("more/cat.bin"));
    expect(await catalogue.find("hypernetwork", "relu")).toBe(inFolder("hyper/Relu.pt"));
    expect(await catalogue.find("lora", "my lora")).toBe(inFolder("l.safetensors"));
    const { entries, problems } = await catalogue.list("embedding");
    expect(entries.map(({ name }) => name)).toEqual(["Bad Hands", "cat", "cat"]);
    expect(problems).toHaveLength(1);
    await expect(catalogue.find("embedding", "cat")).rejects.toThrow(
      /Cannot choose the embedding "cat": .* are called so/,
    );
    await expect(catalogue.find("embedding", "bad hand")).rejects.toThrow(/closest: "Bad Hands"/);
    await expect(catalogue.find("hypernetwork", "cat")).rejects.toThrow(/closest: "Relu"/);
    await expect(catalogue.find("embedding", "broken")).rejects.toThrow(/^Cannot read/);
    await expect(openAdapterFolder(inFolder("none"))).rejects.toThrow(/no such folder/);
  });
});
