import { describe, expect, it } from "vitest";
import { parametersOf } from "../../graph/graph.ts";
import type { RrdbConfig } from "../../models/rrdb.ts";
import type { SrvggConfig } from "../../models/srvgg.ts";
import { upscalerGraph } from "../../models/upscaler.ts";
import type { UpscalerConfig } from "../../models/upscaler.ts";
import type { StoredTensor } from "../../tensor/stored.ts";
import { upscalerOf } from "./esrgan.ts";

const stored = (name: string, dims: readonly number[]): StoredTensor => ({
  name,
  type: "F32",
  dims,
  file: "",
  offset: 0,
  byteLength: 0,
});
/** What a file of an upscaler holds, with its names changed. */
const listing = (config: UpscalerConfig, rename: (name: string) => string = (name) => name) =>
  new Map(parametersOf(upscalerGraph(config)).map(({ name, dims }) => [rename(name), stored(rename(name), dims)]));

const rrdb: RrdbConfig = {
  kind: "rrdb",
  imageChannels: 3,
  features: 8,
  growth: 4,
  blocks: 2,
  doublings: 2,
  unshuffle: 1,
  scale: 4,
};
const srvgg: SrvggConfig = { kind: "srvgg", imageChannels: 3, features: 8, convolutions: 3, scale: 4 };

/** ESRGAN's first names, for `doublings` doublings: each an upsampling, a convolution and an activation. */
const firstNames = ({ blocks, doublings }: RrdbConfig) => {
  const hr = 2 + 3 * doublings;
  return (name: string) =>
    name
      .replace(/^conv_first/, "model.0")
      .replace(/^body\.(\d+)\.rdb(\d)\.conv(\d)/, "model.1.sub.$1.RDB$2.conv$3.0")
      .replace(/^conv_body/, `model.1.sub.${blocks}`)
      .replace(/^conv_up(\d)/, (_, i) => `model.${3 * Number(i)}`)
      .replace(/^conv_hr/, `model.${hr}`)
      .replace(/^conv_last/, `model.${hr + 2}`);
};
const formerNames = (name: string) =>
  name
    .replace(/^body\.(\d+)\.rdb/, "RRDB_trunk.$1.RDB")
    .replace(/^conv_body/, "trunk_conv")
    .replace(/^conv_up/, "upconv")
    .replace(/^conv_hr/, "HRconv");

describe("esrgan", () => {
  const variants: [string, UpscalerConfig, ((name: string) => string)?][] = [
    ["Real-ESRGAN's names", rrdb],
    ["BasicSR's former names", rrdb, formerNames],
    ["ESRGAN's first names", rrdb, firstNames(rrdb)],
    ...[0, 1, 3].map((doublings): [string, UpscalerConfig, (name: string) => string] => {
      const config = { ...rrdb, doublings, scale: 2 ** doublings };
      return [`ESRGAN's first names at ×${config.scale}`, config, firstNames(config)];
    }),
    ["a Real-ESRGAN ×2 model", { ...rrdb, unshuffle: 2, scale: 2 }],
    ["a Real-ESRGAN ×1 model", { ...rrdb, unshuffle: 4, scale: 1 }],
    ["SRVGGNetCompact", srvgg],
    ["a generator of a training run", { ...srvgg, scale: 2 }, (name) => `generator.${name}`],
  ];
  it.each(variants)("upscalerOf() knows architecture and names when the file has %s", (_, config, rename) => {
    const found = upscalerOf(listing(config, rename), "x.pth");
    expect(found.config).toEqual(config);
    expect([...found.tensors.keys()].sort()).toEqual([...listing(config).keys()].sort());
  });

  it.each([
    [
      "its slopes are missing",
      [...listing(srvgg)].filter(([name]) => name !== "body.1.weight"),
      'it has 1 layers called "body"',
    ],
    [
      "it is another network",
      [["linear.weight", stored("linear.weight", [2, 2])] as const],
      'it has 0 layers called "body"',
    ],
    [
      "its channels fit no square",
      [...listing(rrdb)].map(
        ([name, tensor]) => [name, name === "conv_first.weight" ? stored(name, [8, 5, 3, 3]) : tensor] as const,
      ),
      "its first convolution takes 5 channels and its last gives 3",
    ],
    [
      "its blocks are missing",
      [...listing(rrdb)].filter(([name]) => !name.startsWith("body")),
      'it has no "body.0.rdb1.conv1.weight"',
    ],
  ])("upscalerOf() throws when %s", (_, tensors, problem) => {
    expect(() => upscalerOf(new Map(tensors), "x.pth")).toThrow(`Cannot load "x.pth": ${problem}`);
  });
});
