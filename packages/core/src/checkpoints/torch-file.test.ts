import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipSync } from "fflate";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fixturePath, readGolden } from "../../../../fixtures/read-golden.ts";
import { openFile } from "../platform/node.ts";
import { openBlob } from "../platform/web.ts";
import { readTensorBytes, readTensors } from "../safetensors/read-tensor.ts";
import { writeSafetensors } from "../safetensors/write.ts";
import { readTorch, readTorchFile } from "./torch-file.ts";
import { readWeights } from "./weights-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "noisette-"));
});
afterEach(() => rm(folder, { recursive: true }));

const assemble = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** A torch zip with this pickle and one storage "0" of 12 float32 values. */
function torchZip(pickle: string, members: Record<string, Uint8Array> = {}): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(Float32Array.from({ length: 12 }, (_, i) => i).buffer);
  return zipSync(
    { "x/data.pkl": assemble(pickle), "x/data/0": data, ...members },
    { level: 0 },
  ) as Uint8Array<ArrayBuffer>;
}

const read = (bytes: Uint8Array<ArrayBuffer>, root?: string) =>
  readTorch(openBlob("x.ckpt", new Blob([bytes])), { root });

/** Instructions that make a tensor over storage "0"; lists as "K\x02K\x03". */
const tensorOf = (offset: number, dims: number[], strides: number[], { key = "0", count = 12 } = {}) => {
  const tuple = (values: number[]) => `(${values.map((value) => `I${value}\n`).join("")}t`;
  const storage = `(S'storage'\nctorch\nFloatStorage\nS'${key}'\nS'cpu'\nI${count}\ntQ`;
  return `ctorch._utils\n_rebuild_tensor_v2\n(${storage}I${offset}\n${tuple(dims)}${tuple(strides)}\x89}tR`;
};

describe("readTorchFile()", () => {
  it("readTorchFile() gives the bytes of the safetensors file with the same tensors", async () => {
    const [torch, safetensors] = [
      fixturePath("single_file/sd1_ldm.ckpt"),
      fixturePath("single_file/sd1_ldm.safetensors"),
    ];
    const { tensors, plain } = await readTorchFile(torch);
    const { tensors: wanted } = await readWeights(safetensors);
    expect(plain).toEqual({ epoch: 3, global_step: 470000, "pytorch-lightning_version": "1.4.2" });
    expect([...tensors.keys()].sort()).toEqual([...wanted.keys()].sort());
    const [a, b] = [await openFile(torch), await openFile(safetensors)];
    for (const [name, stored] of tensors) {
      const other = wanted.get(name)!;
      expect([stored.type, stored.dims, stored.transposed]).toEqual([other.type, other.dims, undefined]);
      expect(Buffer.compare(await readTensorBytes(a, stored), await readTensorBytes(b, other))).toBe(0);
    }
    await a.close();
    await b.close();
  });

  it.each(["legacy.p2.ckpt", "legacy.p4.ckpt", "lightning.ckpt"])(
    "readTorchFile() reads weights, views and a trainer's leftovers when given %s",
    async (name) => {
      const path = fixturePath(`pickle/${name}`);
      const { tensors, plain } = await readTorchFile(path);
      const values = await readTensors(tensors);
      const ramp = (length: number, start = 0) => Array.from({ length }, (_, i) => (start + i) / 2);
      const found = Object.fromEntries([...values].map(([key, { dims, data }]) => [key, [dims, [...data]]]));
      const column = (i: number) => [i, i + 4, i + 8].map((j) => j / 2);
      expect(found).toEqual({
        weight: [[2, 3, 4], ramp(24)],
        tail: [[4], ramp(4, 20)],
        // strides (1, 4) over 0, ½, 1 …: row i holds elements i, i+4, i+8
        transposed: [[4, 3], [0, 1, 2, 3].flatMap(column)],
        half: [
          [2, 2],
          [1, -2, 0.5, 65504],
        ],
        steps: [[], [-1]],
        one: [[1, 4], ramp(4, 3)],
      });
      expect(tensors.get("transposed")).toMatchObject({ dims: [3, 4], transposed: true, type: "F32" });
      const callback = "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint";
      expect(plain).toEqual({
        epoch: 6,
        global_step: 470000,
        "pytorch-lightning_version": "1.4.2",
        callbacks: { [callback]: { monitor: "val/loss", best: { class: callback } } },
        lr_schedulers: [],
      });
      await expect(readTorchFile(path, { root: "" })).rejects.toThrow(
        'tensor "optimizer_states.0.state.0.exp_avg" has the strides [1,5] for [3,2]',
      );
      await expect(readTorchFile(path, { root: "ema" })).rejects.toThrow(
        'it has no "ema" (its top level has epoch, global_step',
      );
    },
  );

  it.each([
    ["ti_a1111_single.pt", { "string_to_param.*": "emb_params" }],
    ["ti_a1111_multi.pt", { "string_to_param.*": "emb_params" }],
    ["ti_diffusers_single.bin", { "<ti-single>": "<ti-single>" }],
  ])("readTorchFile() reads the same embedding as its safetensors twin when given %s", async (name, keys) => {
    const values = await readTensors((await readTorchFile(fixturePath(`adapters/${name}`))).tensors);
    const golden = readGolden(`adapters/${name.replace(/\.\w+$/, "")}`);
    expect([...values.keys()]).toEqual(Object.keys(keys));
    for (const [key, twin] of Object.entries(keys)) {
      expect(values.get(key)!.data).toEqual(golden.tensors.get(twin)!.data);
      expect(values.get(key)!.dims).toEqual(golden.tensors.get(twin)!.dims);
    }
  });

  it.each<[string, number, Record<string, unknown>]>([
    ["hypernet_linear_old.pt", 24, { name: "hn_linear_old", step: 10 }],
    ["hypernet_relu.pt", 24, { layer_structure: [1, 2, 1], activation_func: "relu", is_layer_norm: false }],
    [
      "hypernet_swish_ln.pt",
      72,
      { layer_structure: [1, 1.5, 1.5, 1], activate_output: true, dropout_structure: [0, 0.3, 0, 0] },
    ],
  ])("readTorchFile() names tensors by their path and keeps settings when given %s", async (name, count, settings) => {
    const { tensors, plain } = await readTorchFile(fixturePath(`adapters/${name}`));
    expect(tensors.size).toBe(count);
    for (const key of tensors.keys()) expect(key).toMatch(/^\d+\.[01]\.linear(\.\d+|[12])\.(weight|bias)$/);
    expect(plain).toMatchObject(settings);
    expect(Object.keys(plain as object).filter((key) => /^\d+$/.test(key))).toEqual([]);
  });

  it.each<[string, string, string]>([
    [
      "os.system is asked for deep inside",
      "}S'state_dict'\n}S'w'\ncos\nsystem\n(S'ls'\ntRss.",
      'its pickle asks for "os.system" (only tensors and plain containers are allowed)',
    ],
    [
      "a tensor ends outside its storage",
      `${tensorOf(1, [3, 4], [4, 1])}.`,
      'tensor "tensor" ends at element 13 of a storage of 12',
    ],
    [
      "a storage is larger than its member",
      `${tensorOf(0, [13], [1], { count: 13 })}.`,
      'storage "0" has 48 bytes (52 are wanted)',
    ],
    [
      "a storage is missing",
      `${tensorOf(0, [1], [1], { key: "1" })}.`,
      'storage "1" is missing (the file may be cut off)',
    ],
    ["a storage is elsewhere", `${tensorOf(0, [1], [1], { key: "../data.pkl" })}.`, 'storage "../data.pkl" is missing'],
    [
      "strides are neither rows nor columns",
      `${tensorOf(0, [2, 3], [6, 2])}.`,
      'tensor "tensor" has the strides [6,2] for [2,3]',
    ],
    [
      "three dimensions are permuted",
      `${tensorOf(0, [2, 3, 2], [1, 2, 6])}.`,
      "rows or columns one after another are wanted",
    ],
    ["a size is huge", `${tensorOf(0, [2 ** 30, 2 ** 30], [2 ** 30, 1])}.`, "has the size [1073741824,1073741824]"],
    [
      "a size is negative",
      `${tensorOf(0, [-1], [1])}.`,
      "its pickle makes a tensor whose offset, size or stride are no counts",
    ],
    [
      "two tensors have one path",
      `}S'a.b'\n${tensorOf(0, [1], [1])}sS'a'\n}S'b'\n${tensorOf(0, [1], [1])}ss.`,
      'two tensors are named "a.b"',
    ],
    ["a list holds itself", "]q\x00h\x00a.", "it is nested more than 100 deep"],
    ["lists unfold without end", `)${"2\x86".repeat(60)}.`, "it unfolds to more than 1000000 values"],
    ["a key is nested", "}N\x85\x85Ns.", "a dictionary of it has a key that is no text or number"],
  ])("readTorchFile() refuses a file when %s", async (_, pickle, problem) => {
    const error = await read(torchZip(pickle)).catch((error: Error) => error);
    expect((error as Error).message).toMatch(/^Cannot read "x\.ckpt": /);
    expect((error as Error).message).toContain(problem);
  });

  it("readTorchFile() reads bare tensors, empty ones and lists of them", async () => {
    expect([...(await read(torchZip(`${tensorOf(2, [2, 3], [3, 1])}.`))).tensors.keys()]).toEqual(["tensor"]);
    const list = await read(torchZip(`(${tensorOf(12, [0, 4], [4, 1])}${tensorOf(0, [], [])}l.`));
    expect([...list.tensors].map(([name, { byteLength }]) => [name, byteLength])).toEqual([
      ["0", 0],
      ["1", 4],
    ]);
  });

  it("readTorchFile() takes the tensors of the wanted dictionary when there are several", async () => {
    const two = `}S'params'\n}S'w'\n${tensorOf(0, [1], [1])}ssS'params_ema'\n}S'w'\n${tensorOf(1, [1], [1])}ssS'step'\nK\x07s.`;
    const offset = async (root?: string) => (await read(torchZip(two), root)).tensors.get("w")!.offset;
    expect(await offset()).toBe((await offset("params")) + 4);
    expect([...(await read(torchZip(two), "")).tensors.keys()]).toEqual(["params.w", "params_ema.w"]);
  });

  it.each<[string, Uint8Array<ArrayBuffer>, string]>([
    [
      "there is no data.pkl",
      zipSync({ "model/code.py": new Uint8Array(1) }) as Uint8Array<ArrayBuffer>,
      'it is a zip with 0 members "*/data.pkl"',
    ],
    ["there are two", torchZip("N.", { "y/data.pkl": new Uint8Array(1) }), 'it is a zip with 2 members "*/data.pkl"'],
    [
      "its numbers are big-endian",
      readFileSync(fixturePath("pickle/big-endian.ckpt")) as Uint8Array<ArrayBuffer>,
      "its numbers are big-endian (little-endian is wanted)",
    ],
    [
      "it is compressed",
      readFileSync(fixturePath("pickle/deflated.ckpt")) as Uint8Array<ArrayBuffer>,
      'zip member "archive/byteorder" is compressed',
    ],
    ["it is another pickle", assemble("\x80\x02N."), "it is a pickle but not of torch.save"],
  ])("readTorchFile() refuses a file when %s", async (_, bytes, problem) => {
    await expect(read(bytes)).rejects.toThrow(`Cannot read "x.ckpt": ${problem}`);
  });

  it("readTorchFile() gives ranges inside the file or says what is wrong when bytes are cut or changed", async () => {
    const files = [
      "pickle/legacy.p2.ckpt",
      "pickle/legacy.p4.ckpt",
      "pickle/lightning.ckpt",
      "adapters/ti_a1111_single.pt",
    ].map((name) => new Uint8Array(readFileSync(fixturePath(name))));
    const damaged = fc.constantFrom(...files).chain((bytes) =>
      fc.oneof(
        fc.nat(bytes.length).map((length) => bytes.slice(0, length)),
        fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)).map(([at, byte]) => {
          const copy = bytes.slice();
          copy[at] = byte;
          return copy;
        }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(damaged, async (bytes) => {
        const result = await read(bytes).catch((error: Error) => error);
        if (result instanceof Error) expect(result.message).toMatch(/^Cannot read "x\.ckpt": /);
        else
          for (const { offset, byteLength } of result.tensors.values())
            expect(offset + byteLength).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("readWeights()", () => {
  it("readWeights() tells formats apart by content when the names are wrong", async () => {
    for (const [from, format] of [
      ["single_file/sd1_ldm.ckpt", "torch"],
      ["pickle/legacy.p4.ckpt", "torch"],
      ["adapters/ti_a1111_single.safetensors", "safetensors"],
    ]) {
      const path = join(folder, "weights.dat");
      await writeFile(path, await readFile(fixturePath(from)));
      expect((await readWeights(path)).format).toBe(format);
    }
  });

  it("readWeights() takes no header length for the start of a pickle", async () => {
    const path = join(folder, "a.safetensors");
    // Metadata of every length makes header lengths of every multiple of 8, 0x80 among the low bytes.
    for (let length = 0; length < 264; length += 8) {
      const metadata = { text: "x".repeat(length) };
      await writeSafetensors(path, [["a", { dims: [1], data: Float32Array.of(5) }]], { metadata });
      expect(await readWeights(path)).toMatchObject({ format: "safetensors", metadata });
    }
  });

  it("readWeights() gives a pickle's numbers and texts as metadata", async () => {
    const { metadata } = await readWeights(fixturePath("pickle/lightning.ckpt"));
    expect(metadata).toEqual({ epoch: "6", global_step: "470000", "pytorch-lightning_version": "1.4.2" });
    const { metadata: inversion } = await readWeights(fixturePath("adapters/ti_a1111_single.pt"));
    expect(inversion).toMatchObject({ name: "ti-single", step: "1234" });
  });

  it("readWeights() joins shards of either format when given an index", async () => {
    await writeFile(join(folder, "1.bin"), torchZip(`}S'a'\n${tensorOf(0, [2], [1])}s.`));
    await writeSafetensors(join(folder, "2.safetensors"), [["b", { dims: [1], data: Float32Array.of(5) }]]);
    const index = join(folder, "pytorch_model.bin.index.json");
    await writeFile(index, JSON.stringify({ metadata: {}, weight_map: { a: "1.bin", b: "2.safetensors" } }));
    const { format, tensors } = await readWeights(index);
    expect(format).toBe("index");
    expect([...(await readTensors(tensors)).values()].map(({ data }) => [...data])).toEqual([[0, 1], [5]]);
    await writeFile(index, JSON.stringify({ weight_map: { a: "pytorch_model.bin.index.json" } }));
    await expect(readWeights(index)).rejects.toThrow("it is an index of shards itself (weights are wanted)");
  });

  it.each([
    ["nothing", "", "it is empty (safetensors or a torch checkpoint is wanted)"],
    ["text", "hello, world", "it is of no known kind"],
    [
      "a Git LFS pointer",
      "version https://git-lfs.github.com/spec/v1\noid sha256:1",
      "it is a Git LFS pointer (fetch the file it stands for)",
    ],
    ["a web page", "\n<!DOCTYPE html><html>", "it is a web page"],
    ["JSON of another kind", '{"a": 1}', 'it has no "weight_map"'],
  ])("readWeights() says so when the file is %s", async (_, text, problem) => {
    const path = join(folder, "a.safetensors");
    await writeFile(path, text);
    await expect(readWeights(path)).rejects.toThrow(`Cannot read "${path}": ${problem}`);
  });
});
