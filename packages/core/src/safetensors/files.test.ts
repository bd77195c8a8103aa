import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fixturePath, readGolden } from "../../../../fixtures/read-golden.ts";
import { openFile } from "../platform/node.ts";
import { storedTypeBytes } from "../tensor/stored.ts";
import type { StoredType } from "../tensor/stored.ts";
import { readSafetensors } from "./read.ts";
import { readTensor, readTensorBytes, readTensors } from "./read-tensor.ts";
import { writeSafetensors } from "./write.ts";
import type { WritableTensor } from "./write.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "noisette-"));
});
afterEach(() => rm(folder, { recursive: true }));

const goldenFiles = [
  "single_file/sd1_ldm",
  "single_file/sdxl_sgm",
  "models/sd1/unet/diffusion_pytorch_model",
  "models/sd2/unet/diffusion_pytorch_model",
];

describe.each(goldenFiles)("%s", (name) => {
  it("readTensors() gives the golden values", async () => {
    const { tensors } = await readSafetensors(fixturePath(`${name}.safetensors`));
    const golden = readGolden(name);
    const values = await readTensors(tensors);
    expect([...values.keys()].sort()).toEqual([...golden.tensors.keys()].sort());
    for (const [key, { dims, data }] of golden.tensors) {
      expect(values.get(key)?.dims).toEqual(dims);
      const wanted = Float32Array.from(data, Number);
      expect(
        values.get(key)!.data.every((value, i) => Object.is(value, wanted[i])),
        key,
      ).toBe(true);
    }
  });

  it("writeSafetensors() gives the reference writer's file byte for byte when given the same tensors", async () => {
    const original = fixturePath(`${name}.safetensors`);
    const { tensors, metadata } = await readSafetensors(original);
    const source = await openFile(original);
    const copies: [string, WritableTensor][] = [...tensors].reverse().map(([key, stored]) => [
      key,
      {
        dims: stored.dims,
        type: stored.type,
        data: async function* () {
          yield await readTensorBytes(source, stored);
        },
      },
    ]);
    const path = join(folder, "copy.safetensors");
    await writeSafetensors(path, copies, { metadata: Object.keys(metadata).length > 0 ? metadata : undefined });
    await source.close();
    expect(Buffer.compare(await readFile(path), await readFile(original))).toBe(0);
  });
});

describe("writeSafetensors()", () => {
  it("writeSafetensors() stores every element type so that readTensor() gives the values back", async () => {
    const path = join(folder, "a.safetensors");
    const arrays = {
      F64: Float64Array,
      F32: Float32Array,
      I64: BigInt64Array,
      I32: Int32Array,
      I16: Int16Array,
      I8: Int8Array,
      U8: Uint8Array,
    };
    const tensors: [string, WritableTensor][] = Object.entries(arrays).map(([type, array]) => {
      const data =
        array === BigInt64Array
          ? BigInt64Array.of(1n, -2n, 3n)
          : (array as typeof Int8Array).of(1, array === Uint8Array ? 254 : -2, 3);
      return [type, { dims: [3, 1], data }];
    });
    const floats = Float32Array.of(1, -2, 3);
    for (const type of ["F16", "BF16"] as const) tensors.push([type, { dims: [3, 1], type, data: floats }]);
    tensors.push(["BOOL", { dims: [3, 1], type: "BOOL", data: Uint8Array.of(1, 0, 1) }]);
    await writeSafetensors(path, tensors, { metadata: { made: "här" } });
    const { tensors: stored, metadata } = await readSafetensors(path);
    expect(metadata).toEqual({ made: "här" });
    expect([...stored.keys()].sort()).toEqual(Object.keys(storedTypeBytes).sort());
    for (const [type, { data, dims }] of await readTensors(stored)) {
      const wanted = type === "BOOL" ? [1, 0, 1] : [1, type === "U8" ? 254 : -2, 3];
      expect([type, stored.get(type)?.type, dims, [...data]]).toEqual([type, type, [3, 1], wanted]);
    }
    for (const { offset, type } of stored.values()) expect(offset % storedTypeBytes[type as StoredType]).toBe(0);
  });

  it("writeSafetensors() converts float32 alone when floatType is given, in whatever chunks it comes", async () => {
    const path = join(folder, "a.safetensors");
    const long = Float32Array.from({ length: 2 ** 20 + 5 }, (_, i) => i / 4096);
    await writeSafetensors(
      path,
      [
        ["floats", { dims: [long.length], data: long }],
        [
          "chunks",
          { dims: [4], type: "F16", data: () => [Float32Array.of(1, 2), new Uint8Array(0), Float32Array.of(3, 4)] },
        ],
        ["exact", { dims: [1], type: "F32", data: Float32Array.of(0.1) }],
        ["integers", { dims: [1], data: Int32Array.of(7) }],
      ],
      { floatType: "BF16" },
    );
    const { tensors } = await readSafetensors(path);
    const types = Object.fromEntries([...tensors].map(([name, { type }]) => [name, type]));
    expect(types).toEqual({ floats: "BF16", chunks: "F16", exact: "F32", integers: "I32" });
    const values = await readTensors(tensors);
    expect([...values.get("chunks")!.data]).toEqual([1, 2, 3, 4]);
    expect(values.get("exact")!.data[0]).toBe(Math.fround(0.1));
    expect(values.get("floats")!.data[2 ** 20]).toBe(256);
  });

  it.each<[string, [string, WritableTensor][], string]>([
    ["values are missing", [["a", { dims: [3], data: new Float32Array(2) }]], 'tensor "a": 8 bytes (F32 [3] takes 12)'],
    ["chunks have no type", [["a", { dims: [3], data: () => [] }]], 'tensor "a": its chunks have no type'],
    [
      "integers should become floats",
      [["a", { dims: [1], type: "F16", data: Int32Array.of(1) }]],
      "Int32Array as F16 (only",
    ],
    [
      "a name comes twice",
      [
        ["a", { dims: [1], data: Int8Array.of(1) }],
        ["a", { dims: [1], data: Int8Array.of(1) }],
      ],
      'two tensors named "a"',
    ],
    [
      "a name is reserved",
      [["__metadata__", { dims: [1], data: Int8Array.of(1) }]],
      'two tensors named "__metadata__"',
    ],
    ["a dimension is fractional", [["a", { dims: [0.5, 2], data: Int8Array.of(1) }]], "its dimensions are [0.5,2]"],
  ])("writeSafetensors() refuses and writes nothing when %s", async (_, tensors, problem) => {
    const path = join(folder, "a.safetensors");
    await expect(writeSafetensors(path, tensors)).rejects.toThrow(problem);
    await expect(readFile(path)).rejects.toThrow("ENOENT");
  });
});

describe("readTensor()", () => {
  it("readTensor() swaps rows and columns when the tensor is transposed", async () => {
    const path = join(folder, "a.safetensors");
    await writeSafetensors(path, [["a", { dims: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }]]);
    const stored = (await readSafetensors(path)).tensors.get("a")!;
    const source = await openFile(path);
    expect(await readTensor(source, { ...stored, transposed: true })).toEqual({
      dims: [3, 2],
      data: Float32Array.of(1, 4, 2, 5, 3, 6),
    });
    await source.close();
  });
});

describe("readSafetensors()", () => {
  const index = (value: unknown) => writeFile(join(folder, "m.safetensors.index.json"), JSON.stringify(value));
  const readIndex = () => readSafetensors(join(folder, "m.safetensors.index.json"));
  beforeEach(async () => {
    await writeSafetensors(
      join(folder, "1.safetensors"),
      [
        ["a", { dims: [1], data: Float32Array.of(1) }],
        ["spare", { dims: [1], data: Float32Array.of(9) }],
      ],
      { metadata: { format: "pt" } },
    );
    await writeSafetensors(join(folder, "2.safetensors"), [["b", { dims: [1], data: Float32Array.of(2) }]]);
  });

  it("readSafetensors() joins the shards when given an index", async () => {
    await index({ metadata: { total_size: 8, by: "x" }, weight_map: { b: "2.safetensors", a: "1.safetensors" } });
    const { tensors, metadata } = await readIndex();
    expect(metadata).toEqual({ format: "pt", by: "x" });
    expect([...tensors].map(([name, { file }]) => [name, file])).toEqual([
      ["b", join(folder, "2.safetensors")],
      ["a", join(folder, "1.safetensors")],
    ]);
    expect([...(await readTensors(tensors)).values()].map(({ data }) => data[0])).toEqual([2, 1]);
  });

  it.each<[string, unknown, RegExp]>([
    ["a shard lacks a name", { weight_map: { A: "1.safetensors" } }, /1\.safetensors": missing "A" \(closest: "a"\)/],
    ["a shard is missing", { weight_map: { a: "3.safetensors" } }, /Cannot open ".*3\.safetensors": no such file/],
    [
      "a shard is elsewhere",
      { weight_map: { a: "../1.safetensors" } },
      /"a" is in "\.\.\/1\.safetensors" \(a file name in the same folder/,
    ],
    ["a shard is absolute", { weight_map: { a: "/1.safetensors" } }, /a file name in the same folder/],
    ["a shard is a Windows path", { weight_map: { a: "..\\1.safetensors" } }, /a file name in the same folder/],
    ["a shard is a number", { weight_map: { a: 1 } }, /"a" is in 1/],
    ["there is no map", { weights: {} }, /it has no "weight_map"/],
    ["it is null", null, /it has no "weight_map"/],
  ])("readSafetensors() refuses an index when %s", async (_, value, problem) => {
    await index(value);
    await expect(readIndex()).rejects.toThrow(problem);
  });
});
