import { describe, expect, it } from "vitest";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { temporaryPath, writeWeights } from "../../../../fixtures/temporary-weights.ts";
import type { Checkpoint } from "../checkpoints/checkpoint.ts";
import { openCheckpoint } from "../checkpoints/open.ts";
import { readTensors } from "../safetensors/read-tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Adapter, AdapterComponent } from "./adapter.ts";
import { adapterReport } from "./adapter-report.ts";
import { extractLora } from "./extract.ts";
import type { ExtractOptions } from "./extract.ts";
import { deltaOf, lowRankFactors } from "./forms/index.ts";
import { checkConventions, joinLoras, namingOf, partsOfAdapter, partsOfFile } from "./join-adapters.ts";
import { cutFactors, joinedFactors } from "./low-rank.ts";
import { openAdapter } from "./match-adapter.ts";
import { changesOf, mergedTensors } from "./merge-adapters.ts";
import { mergeIntoCheckpoint } from "./merge-into-checkpoint.ts";
import { readAdapter } from "./read-adapter.ts";
import { truncatedSvd } from "./svd.ts";
import { writeLora, writeLoraFile } from "./write-adapter.ts";
import type { LoraModule } from "./write-adapter.ts";

const [sd1, sdxl] = await Promise.all(["sd1", "sdxl"].map((name) => openCheckpoint(fixturePath(`models/${name}`))));
const adapterPath = (name: string) => fixturePath(`adapters/${name}.safetensors`);
const zeros = (dims: readonly number[]): Tensor => ({ dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)) });

/** ΔW by network and parameter, for forms that do not look at W. */
async function deltas({ modules }: Adapter): Promise<Map<string, Float32Array>> {
  const entries = modules.map(async ({ component, parameter, dims, read }) => {
    return [`${component} ${parameter}`, deltaOf(await read(), zeros(dims))] as const;
  });
  return new Map(await Promise.all(entries));
}
const norm = (values: ArrayLike<number>) => Math.hypot(...Array.from(values));
const distance = (a: Float32Array, b: Float32Array) => norm(a.map((value, i) => value - b[i]));

function expectSame(actual: Map<string, Float32Array>, wanted: Map<string, Float32Array>, tolerance: number): void {
  expect([...actual.keys()].sort()).toEqual([...wanted.keys()].sort());
  for (const [name, delta] of wanted) {
    expect(distance(actual.get(name)!, delta) / norm(delta), name).toBeLessThan(tolerance);
  }
}

async function loraModules({ modules }: Adapter): Promise<LoraModule[]> {
  return Promise.all(
    modules.map(async ({ component, parameter, read }) => ({
      component,
      path: parameter.replace(/\.weight$/, ""),
      factors: lowRankFactors(await read())!,
    })),
  );
}

describe("writeLora()", () => {
  it.each([
    ["kohya", "lora_kohya", sd1, /^lora_(unet_(down|up)_blocks_|unet_mid_block_|te_text_model_)/],
    ["peft", "lora_kohya", sd1, /^(unet|text_encoder)\./],
    ["kohya", "lora_kohya_sdxl", sdxl, /^lora_(unet_(input|output)_blocks_|unet_middle_block_|te[12]_text_model_)/],
    ["peft", "lora_kohya_sdxl", sdxl, /^(unet|text_encoder|text_encoder_2)\./],
  ] as const)("writes names of %s that are read as the same LoRA: %s", async (naming, file, model, names) => {
    const adapter = await openAdapter(adapterPath(file), model);
    const path = temporaryPath("lora.safetensors");
    await writeLora(path, await loraModules(adapter), { model, naming, type: "F32" });
    const written = await readAdapter(path);
    expect(namingOf(written)).toBe(naming);
    expect(written.modules.filter((module) => !names.test(module.path))).toEqual([]);
    expectSame(await deltas(await openAdapter(path, model)), await deltas(adapter), 1e-6);
    if (naming === "kohya") {
      // Rank and alpha are those of most modules, or of none.
      expect(written.metadata).toMatchObject({ ss_network_module: "networks.lora", format: "pt" });
      expect((await readAdapter(adapterPath(file))).modules.map((module) => module.path).sort()).toEqual(
        written.modules.map((module) => module.path).sort(),
      );
    }
  });

  it("throws when a value does not fit the element type", async () => {
    const factors = { down: zeros([1, 4]), up: { dims: [4, 1], data: new Float32Array(4).fill(1e6) }, scale: 1 };
    await expect(writeLoraFile(temporaryPath("x.safetensors"), [{ path: "x", factors }])).rejects.toThrow(
      /"x\.lora_up\.weight"/,
    );
  });
});

describe("extractLora()", () => {
  /** The model with `file` merged, its weights in float32. */
  async function tuned(
    file: string,
    components: readonly AdapterComponent[],
  ): Promise<Pick<Checkpoint, "path" | "networks">> {
    const adapter = await openAdapter(adapterPath(file), sd1);
    const networks = { ...sd1.networks };
    for (const component of components) {
      const { tensors } = sd1.networks[component]!;
      const changes = changesOf(component, [{ adapter, weight: 1 }], sd1.networks);
      const merged = await mergedTensors(tensors, changes, { file: temporaryPath("merged.safetensors") });
      networks[component] = { ...sd1.networks[component]!, tensors: merged };
    }
    return { path: "tuned", networks };
  }
  let made: ReturnType<typeof tuned> | undefined;
  const extracted = async (options: ExtractOptions) =>
    extractLora(await (made ??= tuned("lora_kohya", ["unet", "textEncoder"])), sd1, options);

  it("gives the LoRA back when the rank is its own", async () => {
    const adapter = await openAdapter(adapterPath("lora_kohya"), sd1);
    const found = await extracted({ rank: 8 });
    const path = temporaryPath("lora.safetensors");
    await writeLora(path, found, { model: sd1, type: "F32" });
    // W + ΔW is rounded to float32, and so is the difference.
    expectSame(await deltas(await openAdapter(path, sd1)), await deltas(adapter), 1e-5);
    for (const { error } of found) expect(error).toBeLessThan(1e-5);
  });

  it("loses what Eckart and Young say when the rank is smaller", async () => {
    const adapter = await openAdapter(adapterPath("lora_kohya"), sd1);
    const whole = await deltas(adapter);
    const found = await extracted({ rank: 2, convRank: 1 });
    for (const { component, path, factors, error } of found) {
      const delta = whole.get(`${component} ${path}.weight`)!;
      const isConvolution = factors.down.dims.slice(2).some((size) => size > 1);
      const [rank] = factors.down.dims;
      expect(rank).toBe(isConvolution ? 1 : 2);
      const rows = factors.up.dims[0];
      const columns = delta.length / rows;
      const { values } = truncatedSvd({ data: delta, rows, columns }, { rank: Math.min(rows, columns) });
      const best = norm(values.slice(rank));
      const change = deltaOf({ kind: "lora", ...factors }, zeros([rows, ...factors.down.dims.slice(1)]));
      expect(distance(change, delta)).toBeLessThan(best * 1.001 + norm(delta) * 1e-5);
      expect(error * norm(delta)).toBeCloseTo(distance(change, delta), 4);
    }
  });

  it("takes a smaller rank when that keeps enough, and leaves convolutions out when their rank is 0", async () => {
    const all = await extracted({ rank: 8, keep: 0.5, convRank: 0 });
    expect(all.every(({ factors }) => factors.down.dims.length === 2 || factors.down.dims[2] === 1)).toBe(true);
    expect(all.every(({ error }) => error <= Math.SQRT1_2 + 1e-6)).toBe(true);
    expect(all.some(({ factors }) => factors.down.dims[0] < 3)).toBe(true);
  });

  it("throws when the models are the same, or of two architectures", async () => {
    await expect(extractLora(sd1, sd1, { rank: 2 })).rejects.toThrow(/no weight differs from/);
    await expect(extractLora(sdxl, sd1, { rank: 2 })).rejects.toThrow(
      /\(models of one architecture are wanted\)|has no/,
    );
  });
});

describe("joinLoras()", () => {
  it("is the sum of the changes when nothing is cut, whichever names the files have", async () => {
    const [a, b] = await Promise.all(
      ["lora_kohya", "lora_diffusers_peft"].map((name) => readAdapter(adapterPath(name))),
    );
    const joined = await joinLoras([...partsOfFile(a, 0.75), ...partsOfFile(b, -0.5)]);
    const path = temporaryPath("joined.safetensors");
    await writeLoraFile(path, joined, { type: "F32" });
    const [first, second, sum] = await Promise.all(
      [a.source, b.source, path].map(async (file) => deltas(await openAdapter(file, sd1))),
    );
    const wanted = new Map(first);
    for (const [name, delta] of first)
      wanted.set(
        name,
        delta.map((value) => value * 0.75),
      );
    for (const [name, delta] of second)
      wanted.set(
        name,
        delta.map((value, i) => (wanted.get(name)?.[i] ?? 0) - 0.5 * value),
      );
    expectSame(sum, wanted, 1e-5);
  });

  it("keeps a LoRA when it is cut to its own rank, and the largest part when to a smaller one", async () => {
    const adapter = await openAdapter(adapterPath("lora_kohya"), sd1);
    const same = await joinLoras(partsOfAdapter(adapter), { limits: { rank: 64 } });
    for (const { error } of same) expect(error).toBeLessThan(1e-6);
    const halved = await joinLoras(partsOfAdapter(adapter), { limits: { rank: 64, keep: 0.9 } });
    for (const { error, factors } of halved) {
      expect(error).toBeLessThanOrEqual(Math.sqrt(0.1) + 1e-6);
      expect(factors.down.dims[0]).toBeLessThanOrEqual(4);
    }
  });

  it("throws when a module is no LoRA, shapes differ, or blocks go by two conventions", async () => {
    const misc = await readAdapter(adapterPath("lycoris_misc"));
    await expect(joinLoras(partsOfFile(misc))).rejects.toThrow(/its "\S+" is (dora|ia3|full) \(LoRA is wanted/);
    const write = async (width: number) => {
      const path = temporaryPath("x.safetensors");
      await writeWeights(path, { "lora_unet_x.lora_down.weight": [2, width], "lora_unet_x.lora_up.weight": [8, 2] });
      return partsOfFile(await readAdapter(path));
    };
    await expect(joinLoras([...(await write(4)), ...(await write(5))])).rejects.toThrow(
      /"lora_unet_x" changes a weight \[8,5\] there \(\[8,4\] is wanted/,
    );
    const files = await Promise.all(["lora_kohya", "lora_kohya_sdxl"].map((name) => readAdapter(adapterPath(name))));
    expect(() => checkConventions(files)).toThrow(/one calls the UNet's blocks as the original code does/);
    expect(() => checkConventions([files[0], files[0]])).not.toThrow();
  });
});

describe("cutFactors()", () => {
  it("keeps the sign when the scale is negative", () => {
    const factors = {
      down: { dims: [1, 2], data: Float32Array.of(1, 2) },
      up: { dims: [1, 1], data: Float32Array.of(3) },
    };
    const { factors: cut } = cutFactors({ ...factors, scale: -2 }, { rank: 4 });
    const change = deltaOf({ kind: "lora", ...cut }, zeros([1, 2]));
    expect(change[0]).toBeCloseTo(-6, 5);
    expect(change[1]).toBeCloseTo(-12, 5);
    const joined = joinedFactors([{ factors: { ...factors, scale: -2 }, weight: 0.5 }]);
    expect([...deltaOf({ kind: "lora", ...joined }, zeros([1, 2]))].map(Math.round)).toEqual([-3, -6]);
  });
});

describe("mergeIntoCheckpoint()", () => {
  it.each([
    ["a folder", ""],
    ["a single file", ".safetensors"],
  ])("writes a checkpoint whose weights are changed when it is %s", async (_, ending) => {
    const path = temporaryPath(`merged${ending}`);
    const adapter = await openAdapter(adapterPath("lora_kohya"), sd1);
    await mergeIntoCheckpoint(sd1, [{ adapter, weight: 0.5 }], path, { type: "F32" });
    const config = ending === "" ? undefined : fixturePath("models/sd1");
    const merged = await openCheckpoint(path, { config });
    const changed = await deltas(adapter);
    for (const component of ["unet", "textEncoder"] as const) {
      const [was, is] = await Promise.all(
        [sd1, merged].map(({ networks }) => readTensors(networks[component]!.tensors)),
      );
      expect(is.size).toBe(was.size);
      for (const [name, { data }] of was) {
        const delta = changed.get(`${component} ${name}`);
        const wanted = delta === undefined ? data : data.map((value, i) => value + 0.5 * delta[i]);
        expect(distance(is.get(name)!.data, wanted), name).toBe(0);
      }
    }
  });
});

describe("adapterReport()", () => {
  it("counts forms, ranks and scales of each network", async () => {
    const report = await adapterReport(await readAdapter(adapterPath("lora_kohya")));
    expect(report.hash).toMatch(/^[0-9a-f]{12}$/);
    expect(report.architecture).toBe("a model whose text has width 24");
    expect(report.forms.map(({ form, networks, modules }) => [form, networks, modules])).toEqual([
      ["lora", "textEncoder", expect.any(Number)],
      ["lora", "unet", expect.any(Number)],
    ]);
    const total = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((a, b) => a + b, 0);
    for (const { modules, ranks, scales } of report.forms)
      expect([total(ranks), total(scales)]).toEqual([modules, modules]);
  });

  it("tells what the trainer noted", async () => {
    const path = temporaryPath("x.safetensors");
    const tags = { "10_fox": { fox: 3, red: 1 }, "5_more": { red: 4 } };
    await writeWeights(
      path,
      { "lora_unet_x.lora_down.weight": [2, 4], "lora_unet_x.lora_up.weight": [8, 2] },
      {
        ss_sd_model_name: "base.safetensors",
        ss_steps: "100",
        ss_epoch: "None",
        ss_tag_frequency: JSON.stringify(tags),
      },
    );
    const { training } = await adapterReport(await readAdapter(path));
    expect(training).toMatchObject({ baseModel: "base.safetensors", steps: "100", epochs: undefined });
    expect(training.tags).toEqual([
      ["red", 5],
      ["fox", 3],
    ]);
  });
});
