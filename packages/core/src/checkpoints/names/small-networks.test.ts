// Files that are nearly an IP-Adapter or an annotator: what is read off their names and shapes, and how they are refused.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StoredTensor, StoredTensors } from "../../tensor/stored.ts";
import { annotatorOf } from "./annotators.ts";
import { ipAdapterConfig } from "./ip-adapter.ts";

const tensorsOf = (dims: Readonly<Record<string, readonly number[]>>): StoredTensors =>
  new Map(
    Object.entries(dims).map(([name, size]): [string, StoredTensor] => [
      name,
      { name, type: "F32", dims: size, file: "f", offset: 0, byteLength: 4 * size.reduce((a, b) => a * b, 1) },
    ]),
  );
const keys = { "ip_adapter.1.to_k_ip.weight": [320, 768], "ip_adapter.3.to_k_ip.weight": [640, 768] };
const anyTensors = (names: readonly string[]) =>
  fc.dictionary(fc.constantFrom(...names), fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 4 })).map(tensorsOf);

describe("ipAdapterConfig()", () => {
  it.each([
    ["ip-adapter_sd15", { "image_proj.proj.weight": [3072, 1024] }, { kind: "linear", tokens: 4 }, 1024],
    [
      "ip-adapter-plus_sd15",
      {
        "image_proj.latents": [1, 16, 768],
        "image_proj.proj_in.weight": [768, 1280],
        "image_proj.layers.0.0.to_q.weight": [768, 768],
        "image_proj.layers.0.1.1.weight": [3072, 768],
        "image_proj.layers.3.1.1.weight": [3072, 768],
        "image_proj.layers.1.0.norm1.weight": [768],
        "image_proj.layers.2.0.norm1.weight": [768],
      },
      { kind: "resampler", width: 768, queries: 16, heads: 12, layers: 4, feedForward: 3072 },
      1280,
    ],
    [
      "ip-adapter-full-face_sd15",
      { "image_proj.proj.0.weight": [1280, 1280], "image_proj.proj.3.weight": [768] },
      { kind: "mlp", hidden: 1280 },
      1280,
    ],
  ])("ipAdapterConfig() reads the sizes of %s", (name, dims, projection, imageWidth) => {
    const config = ipAdapterConfig(tensorsOf({ ...keys, ...dims }), name);
    expect(config).toEqual({ projection, imageWidth, contextWidth: 768, layers: [320, 640] });
  });

  it.each([
    [{}, 'it has no "ip_adapter.1.to_k_ip.weight"'],
    [keys, 'it has no "image_proj.latents"'],
    [{ ...keys, "image_proj.proj.weight": [3000, 1024] }, "its tokens are 3.90625"],
    [
      { ...keys, "image_proj.norm.weight": [768], "image_proj.proj.0.weight": [1024, 512] },
      "it is a FaceID adapter, which takes InsightFace's embeddings of faces and not pictures",
    ],
  ] as const)("ipAdapterConfig() refuses %j", (dims, why) => {
    expect(() => ipAdapterConfig(tensorsOf(dims), "a.bin")).toThrow(
      new Error(`Cannot load "a.bin": ${why} (an IP-Adapter is wanted)`),
    );
  });

  it("ipAdapterConfig() gives sizes or an Error that names the file whatever the tensors are", () => {
    const names = [
      "ip_adapter.1.to_k_ip.weight",
      "image_proj.proj.weight",
      "image_proj.proj.0.weight",
      "image_proj.proj.3.weight",
      "image_proj.norm.weight",
      "image_proj.latents",
      "image_proj.proj_in.weight",
      "image_proj.layers.0.0.to_q.weight",
      "image_proj.layers.0.1.1.weight",
      "text",
    ];
    fc.assert(fc.property(anyTensors(names), (tensors) => isReadOrRefused(() => ipAdapterConfig(tensors, "a.bin"))));
  });
});

describe("annotatorOf()", () => {
  it("annotatorOf() reads the stages of HED and the blocks of a generator when it is one of them", () => {
    const convolutions = [2, 2, 3, 3, 3].flatMap((count, i) =>
      Array.from({ length: count }, (_, j) => [`block${i + 1}.convs.${j}.weight`, [64 * 2 ** i, 3, 3, 3]] as const),
    );
    expect(annotatorOf(tensorsOf(Object.fromEntries(convolutions)), "hed")).toEqual({
      kind: "hed",
      stages: [2, 2, 3, 3, 3].map((count, i) => ({ features: 64 * 2 ** i, convolutions: count })),
    });
    const blocks = [0, 1, 2].map((i) => [`model2.${i}.conv_block.1.weight`, [256, 256, 3, 3]] as const);
    const generator = { "model0.1.weight": [64, 3, 7, 7], ...Object.fromEntries(blocks) };
    expect(annotatorOf(tensorsOf(generator), "sk")).toEqual({ kind: "line-drawing", features: 64, blocks: 3 });
  });

  it("annotatorOf() gives sizes or an Error that names the file whatever the tensors are", () => {
    const names = [
      "block1.convs.0.weight",
      "block1.convs.1.weight",
      "block2.convs.0.weight",
      "model0.1.weight",
      "text",
    ];
    fc.assert(fc.property(anyTensors(names), (tensors) => isReadOrRefused(() => annotatorOf(tensors, "a.bin"))));
  });
});

function isReadOrRefused(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    expect((error as Error).message).toMatch(/^Cannot load "a\.bin": /);
  }
}
