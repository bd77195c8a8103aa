import { describe, expect, it } from "vitest";
import { temporaryPath, writeWeights } from "../../../../fixtures/temporary-weights.ts";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { openCheckpoint } from "../checkpoints/open.ts";
import { readTensors } from "../safetensors/read-tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import { blockFactors } from "./block-weights.ts";
import { openAdapter } from "./match-adapter.ts";
import { changesOf, mergedTensors } from "./merge-adapters.ts";
import type { WeighedAdapter } from "./merge-adapters.ts";

const sd1 = await openCheckpoint(fixturePath("models/sd1"));
const { networks } = sd1;
const adapterFile = (name: string) => openAdapter(fixturePath(`adapters/${name}.safetensors`), sd1);
const q = "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q.weight";

/** The values of `parameter` with `adapters`. */
async function merged(adapters: readonly WeighedAdapter[], parameter = q): Promise<Float32Array> {
  const changes = changesOf("unet", adapters, networks);
  const tensors = await mergedTensors(networks.unet.tensors, changes, { file: temporaryPath("merged.safetensors") });
  return (await readTensors([["x", tensors.get(parameter)!]])).get("x")!.data;
}

async function madeAdapter(fields: Record<string, Parameters<typeof writeWeights>[1][string]>) {
  const path = temporaryPath("x.safetensors");
  const entries = Object.entries(fields).map(([end, own]) => [`unet.${q.replace("weight", end)}`, own]);
  await writeWeights(path, Object.fromEntries(entries));
  return openAdapter(path, sd1);
}

const full = (value: number) => madeAdapter({ diff: tensor([8, 8], new Float32Array(64).fill(value)) });

describe("mergedTensors()", () => {
  it("replaces what changes and leaves all else in its file when an adapter is merged", async () => {
    const adapter = await adapterFile("loha");
    const changes = changesOf("unet", [{ adapter, weight: 1 }], networks);
    const file = temporaryPath("merged.safetensors");
    const tensors = await mergedTensors(networks.unet.tensors, changes, { file });
    const changed = adapter.modules.filter(({ component }) => component === "unet").map(({ parameter }) => parameter);
    expect([...tensors.keys()]).toEqual([...networks.unet.tensors.keys()]);
    for (const [name, stored] of tensors) {
      if (changed.includes(name)) expect(stored).toMatchObject({ file, type: "F32" });
      else expect(stored).toBe(networks.unet.tensors.get(name));
    }
  });

  it("gives the tensors themselves when all weights are 0", async () => {
    const changes = changesOf("unet", [{ adapter: await adapterFile("loha"), weight: 0 }], networks);
    expect(await mergedTensors(networks.unet.tensors, changes, { file: "" })).toBe(networks.unet.tensors);
  });

  it("adds weights times changes when there are several adapters", async () => {
    const [base, both] = [
      await merged([]),
      await merged([
        { adapter: await full(1), weight: 0.5 },
        { adapter: await full(10), weight: { unet: -0.25, textEncoder: 3 } },
      ]),
    ];
    both.forEach((value, i) => expect(value).toBeCloseTo(base[i] - 2, 5));
  });

  it("lets a form that looks at the weights see the adapters before it", async () => {
    const doubled = await madeAdapter({ weight: tensor([8], new Float32Array(8).fill(1)), on_input: 0 });
    const added = await full(1);
    const base = await merged([]);
    const first = await merged([
      { adapter: added, weight: 1 },
      { adapter: doubled, weight: 1 },
    ]);
    const last = await merged([
      { adapter: doubled, weight: 1 },
      { adapter: added, weight: 1 },
    ]);
    first.forEach((value, i) => expect(value).toBeCloseTo(2 * (base[i] + 1), 5));
    last.forEach((value, i) => expect(value).toBeCloseTo(2 * base[i] + 1, 5));
  });

  it("throws when an adapter is named twice, its weight is no number, or the sum overflows", async () => {
    const adapter = await full(1e38);
    const twice = [1, 2].map((weight) => ({ adapter, weight }));
    await expect(merged(twice)).rejects.toThrow(`Cannot use adapter "${adapter.source}" twice`);
    await expect(merged([{ adapter, weight: NaN }])).rejects.toThrow("its weight is NaN");
    await expect(merged([{ adapter, weight: 10 }])).rejects.toThrow(
      `Cannot use adapter "${adapter.source}" at weight 10: "${q}" overflows`,
    );
  });
});

describe("blockFactors()", () => {
  it("gives each module the number of its block", async () => {
    const adapter = await adapterFile("loha");
    const weights = Array.from({ length: 20 }, (_, i) => i / 100);
    const factor = blockFactors(weights, adapter, networks);
    const factors = Object.fromEntries(adapter.modules.map((module) => [module.parameter, factor(module)]));
    expect(factors).toEqual({
      "down_blocks.0.resnets.1.conv2.weight": 0.03, // IN02
      [q]: 0.05, // IN04
      "mid_block.resnets.0.conv1.weight": 0.1,
      "text_model.encoder.layers.0.mlp.fc1.weight": 0,
    });
    const base = await merged([]);
    const whole = await merged([{ adapter, weight: 1 }]);
    const part = await merged([{ adapter, weight: 1, blockWeights: weights }]);
    part.forEach((value, i) => expect(value).toBeCloseTo(base[i] + 0.05 * (whole[i] - base[i]), 6));
  });

  it("throws when there are too many or too few numbers, or a block is left out", async () => {
    const adapter = await adapterFile("loha");
    expect(() => blockFactors([1, 2, 3], adapter, networks)).toThrow(
      `Cannot weigh the blocks of "${adapter.source}": 3 weights (17 or 26 for SD 1 and 2, 12 or 20 for SDXL are wanted)`,
    );
    const factor = blockFactors(new Array(12).fill(1), adapter, networks);
    const left = adapter.modules.find(({ parameter }) => parameter.startsWith("down_blocks.0"))!;
    expect(() => factor(left)).toThrow("it changes IN02, which 12 weights leave out (BASE, IN04, IN05");
  });
});
