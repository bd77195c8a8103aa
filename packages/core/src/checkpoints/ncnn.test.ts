import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { float16ToFloat32 } from "../util/half.ts";
import { readNcnn } from "./ncnn.ts";

const param = (...layers: string[]) => ["7767517", `${layers.length} 9`, ...layers, ""].join("\n");
const bytes = (...parts: ArrayBufferView[]) =>
  new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength))));
const half = Uint32Array.of(0x01306b47);
const network = param(
  "Input in 0 1 data",
  "Convolution conv 1 1 data a 0=1 1=1 5=1 6=3",
  "PReLU act 1 1 a b 0=1",
  "Convolution plain 1 1 b c 0=2 1=1 6=2",
);
// 1, 2, −0.5 as float16, padded to four bytes; bias; slope; a tag of float32 and two weights.
const bin = bytes(
  half,
  Uint16Array.of(0x3c00, 0x4000, 0xb800, 0),
  Float32Array.of(0.25),
  Float32Array.of(0.1),
  Uint32Array.of(0),
  Float32Array.of(3, 4),
);

describe("ncnn", () => {
  it("readNcnn() gives every tensor in file order when weights are float16 and float32", () => {
    const tensors = readNcnn({ param: network, bin });
    expect(tensors.map(({ layer, type, dims }) => [layer, type, dims])).toEqual([
      ["conv", "F16", [1, 3, 1, 1]],
      ["conv", "F32", [1]],
      ["act", "F32", [1]],
      ["plain", "F32", [2, 1, 1, 1]],
    ]);
    expect([...float16ToFloat32(new Uint16Array(tensors[0].data.slice().buffer))]).toEqual([1, 2, -0.5]);
    expect([...new Float32Array(tensors[3].data.slice().buffer)]).toEqual([3, 4]);
  });

  it.each([
    ["1 0", "its text does not begin with 7767517", bin],
    [param("LSTM l 1 1 a b"), 'layer "l" is LSTM', bin],
    [param("PReLU act 1 1 a b"), 'layer "act" has no setting 0', bin],
    [param("Convolution c 1 1 a b 0=2 1=3 6=5"), 'layer "c" would hold', bin],
    [network, "its numbers end inside", bin.subarray(0, 18)],
    [network, "(36 are there)", bytes(bin, Uint32Array.of(0))],
    [network, "weights of tag 0xd4b38", bytes(Uint32Array.of(0x000d4b38), bin)],
    [network.replace("4 9", "5 9"), "its text has 4 layers (5 are announced)", bin],
  ])("readNcnn() throws when the files do not fit: %#", (text, problem, numbers) => {
    expect(() => readNcnn({ param: text, bin: numbers })).toThrow(/^Cannot read ncnn network: /);
    expect(() => readNcnn({ param: text, bin: numbers })).toThrow(problem);
  });

  it("readNcnn() either reads or says what is wrong when the files are any text and bytes", () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(...network.split("\n").slice(2)),
      fc
        .tuple(fc.constantFrom("Convolution", "PReLU"), fc.integer(), fc.integer())
        .map(([type, a, b]) => `${type} x 1 1 a b 0=${a} 1=${b} 6=${a * b}`),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), fc.uint8Array({ maxLength: 64 }), (lines, numbers) => {
        try {
          readNcnn({ param: param(...lines), bin: numbers });
        } catch (error) {
          expect((error as Error).message).toMatch(/^Cannot read ncnn network: /);
        }
      }),
    );
  });
});
