import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { parametersOf } from "../graph/graph.ts";
import { controlNetConfig } from "../models/controlnet-config.ts";
import { controlNetGraph } from "../models/controlnet.ts";
import { t2iAdapterConfig, t2iAdapterGraph } from "../models/t2i-adapter.ts";
import { writeSafetensors } from "../safetensors/write.ts";
import type { StoredTensor, StoredTensors } from "../tensor/stored.ts";
import { tensor } from "../tensor/tensor.ts";
import { controlNetConfig as deriveControlNet } from "./configs/controlnet.ts";
import { t2iAdapterConfig as deriveT2iAdapter } from "./configs/t2i-adapter.ts";
import { readControl } from "./control-files.ts";
import { ldmUnetModules } from "./names/ldm-unet.ts";
import { renameModule } from "./names/children.ts";
import { publishedControlNet } from "./names/controlnet.ts";
import { publishedT2iAdapter } from "./names/t2i-adapter.ts";
import { readWeights } from "./weights-file.ts";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "controls-"))));
afterAll(() => rm(folder, { recursive: true }));

const stored = (name: string, dims: readonly number[]): StoredTensor => ({
  name,
  type: "F16",
  dims,
  file: "x",
  offset: 0,
  byteLength: 0,
});
const listed = (list: Iterable<{ readonly name: string; readonly dims: readonly number[] }>): StoredTensors =>
  new Map(Array.from(list, ({ name, dims }) => [name, stored(name, dims)]));

/** What a published ControlNet of each family says of itself. */
const sd1 = {
  block_out_channels: [320, 640, 1280, 1280],
  down_block_types: [...new Array<string>(3).fill("CrossAttnDownBlock2D"), "DownBlock2D"],
  attention_head_dim: 8,
  cross_attention_dim: 768,
};
const families = {
  sd1,
  sd2: { ...sd1, attention_head_dim: [5, 10, 20, 20], cross_attention_dim: 1024, use_linear_projection: true },
  sdxl: {
    block_out_channels: [320, 640, 1280],
    down_block_types: ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    attention_head_dim: [5, 10, 20],
    transformer_layers_per_block: [1, 2, 10],
    cross_attention_dim: 2048,
    use_linear_projection: true,
    addition_embed_type: "text_time",
    addition_time_embed_dim: 256,
    projection_class_embeddings_input_dim: 2816,
  },
};

/** A full-size network's names and shapes; SD 1's projections are convolutions. */
function listingOf(config: (typeof families)[keyof typeof families]): StoredTensors {
  const graph = controlNetGraph(controlNetConfig(config), { pooledWidth: 1280 });
  const isLinear = "use_linear_projection" in config;
  const shaped = parametersOf(graph).map(({ name, dims }) =>
    !isLinear && /\.proj_(in|out)\.weight$/.test(name) ? { name, dims: [...dims, 1, 1] } : { name, dims },
  );
  return listed(shaped);
}

/** Published names under the original code's: its flat lists, walked from the published blocks. */
function original(tensors: StoredTensors): StoredTensors {
  const modules = new Map<string, string>();
  let input = 1;
  const blocks = Math.max(...[...tensors.keys()].map((name) => Number(/^down_blocks\.(\d+)/.exec(name)?.[1] ?? 0)));
  for (let level = 0; level <= blocks; level++) {
    for (let j = 0; j < 2; j++, input++) {
      modules.set(`down_blocks.${level}.resnets.${j}`, `input_blocks.${input}.0`);
      modules.set(`down_blocks.${level}.attentions.${j}`, `input_blocks.${input}.1`);
    }
    if (level < blocks) modules.set(`down_blocks.${level}.downsamplers.0.conv`, `input_blocks.${input++}.0.op`);
  }
  for (const [i, module] of ["resnets.0", "attentions.0", "resnets.1"].entries())
    modules.set(`mid_block.${module}`, `middle_block.${i}`);
  const children = { norm1: "in_layers.0", conv1: "in_layers.2", time_emb_proj: "emb_layers.1", norm2: "out_layers.0" };
  const more = { ...children, conv2: "out_layers.3", conv_shortcut: "skip_connection" };
  const blockModules = new Map(modules);
  for (const [module, to] of blockModules)
    if (module.includes("resnets"))
      for (const [child, name] of Object.entries(more)) modules.set(`${module}.${child}`, `${to}.${name}`);
  const top = {
    conv_in: "input_blocks.0.0",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
    "controlnet_cond_embedding.conv_in": "input_hint_block.0",
    "controlnet_cond_embedding.conv_out": "input_hint_block.14",
    controlnet_mid_block: "middle_block_out.0",
  };
  for (const [module, to] of Object.entries(top)) modules.set(module, to);
  for (let i = 0; i < 6; i++) modules.set(`controlnet_cond_embedding.blocks.${i}`, `input_hint_block.${2 * i + 2}`);
  for (let i = 0; i < input; i++) modules.set(`controlnet_down_blocks.${i}`, `zero_convs.${i}.0`);
  return new Map([...tensors].map(([name, tensor]) => [renameModule(name, modules)!, tensor]));
}

describe("ControlNets by their tensors", () => {
  it.each(Object.entries(families))(
    "controlNetConfig() derives %s's sizes when only names and shapes are there",
    (_, config) => {
      expect(controlNetConfig(deriveControlNet(listingOf(config)))).toEqual(controlNetConfig(config));
    },
  );

  it.each(Object.entries(families))(
    "publishedControlNet() finds every name of %s when they are the original ones",
    (_, config) => {
      const tensors = listingOf(config);
      const flat = original(tensors);
      expect([...flat.keys()]).toContain("input_blocks.4.0.skip_connection.weight");
      expect(publishedControlNet(flat)).toEqual(tensors);
      const whole = new Map([
        ...Array.from(flat, ([name, one]) => [`control_model.${name}`, one] as const),
        ["model.diffusion_model.input_blocks.0.0.weight", stored("x", [1])] as const,
      ]);
      expect(publishedControlNet(whole)).toEqual(tensors);
    },
  );

  it("publishedControlNet() agrees with the UNet's own names when both are of one file", async () => {
    const { tensors } = await readWeights(fixturePath("single_file/sd1_ldm.safetensors"));
    const names = [...tensors.keys()].flatMap(
      (name) => /^model\.diffusion_model\.(input_blocks.*)/.exec(name)?.[1] ?? [],
    );
    const modules = ldmUnetModules(names, "class_embedding");
    const control = publishedControlNet(new Map(names.map((name) => [name, stored(name, [1])])));
    expect([...control.keys()]).toEqual(names.map((name) => renameModule(name, modules)));
  });
});

describe("T2I-Adapters by their tensors", () => {
  const types = {
    full_adapter: { downscale_factor: 8, num_res_blocks: 2, in_channels: 1 },
    full_adapter_xl: { downscale_factor: 16, num_res_blocks: 2 },
    light_adapter: { downscale_factor: 8, num_res_blocks: 4, channels: [320, 640, 1280] },
  };
  const all = Object.entries(types).map(([type, config]) => ({ adapter_type: type, ...config }));

  it.each(all)(
    "t2iAdapterConfig() derives the sizes of $adapter_type when only names and shapes are there",
    (config) => {
      const tensors = listed(parametersOf(t2iAdapterGraph(t2iAdapterConfig(config))));
      expect(t2iAdapterConfig(deriveT2iAdapter(tensors))).toEqual(t2iAdapterConfig(config));
    },
  );

  it.each(all)("publishedT2iAdapter() finds every name of $adapter_type when they are the original ones", (config) => {
    const tensors = listed(parametersOf(t2iAdapterGraph(t2iAdapterConfig(config))));
    const flat = ([name, one]: readonly [string, StoredTensor]) => {
      const plain = name.replace(/^adapter\./, "");
      const [, level, module] = /^body\.(\d+)\.(.*)$/.exec(plain) ?? [];
      if (level === undefined) return [plain, one] as const;
      if (config.adapter_type === "light_adapter") return [plain.replace(".resnets.", ".body."), one] as const;
      const [, block = "0", layer] = /^resnets\.(\d+)\.(.*)$/.exec(module) ?? [undefined, "0", module];
      return [`body.${Number(level) * config.num_res_blocks + Number(block)}.${layer}`, one] as const;
    };
    expect(publishedT2iAdapter(new Map([...tensors].map(flat)))).toEqual(tensors);
    expect(publishedT2iAdapter(tensors)).toEqual(tensors);
  });
});

describe("readControl()", () => {
  const file = async (names: readonly string[], name = "control.safetensors") => {
    const path = join(folder, name);
    await writeSafetensors(
      path,
      names.map((one) => [one, tensor([1])]),
    );
    return path;
  };

  it("readControl() reads the folder that diffusers writes", async () => {
    const path = fixturePath("models/controlnet-sd1");
    const control = await readControl(path);
    expect(control).toMatchObject({ kind: "controlnet", path, config: { cross_attention_dim: 24 } });
    expect(control.tensors.get("controlnet_mid_block.weight")?.dims).toEqual([16, 16, 1, 1]);
    expect((await readControl(fixturePath("models/t2iadapter-sd1"))).kind).toBe("t2i-adapter");
  });

  it("readControl() takes a file for shuffle's when its name says so, and tells it", async () => {
    // A small one whose widths divide into groups and heads.
    const down_block_types = ["CrossAttnDownBlock2D", "DownBlock2D"];
    const small = { ...families.sd2, attention_head_dim: [1, 2], block_out_channels: [64, 128], down_block_types };
    const graph = controlNetGraph(controlNetConfig(small));
    const path = join(folder, "control_v11e_sd15_shuffle.safetensors");
    await writeSafetensors(
      path,
      parametersOf(graph).map(({ name, dims }) => [name, tensor([...dims])]),
    );
    const { config, note } = await readControl(path);
    expect(controlNetConfig(config)).toEqual({ ...controlNetConfig(small), globalPool: true });
    expect(note).toContain("is taken for a shuffle ControlNet, by its name");
  });

  it.each([
    [["lora_unet_mid_block_attentions_0_proj_in.lora_down.weight"], "it is a LoRA"],
    [["lora_controlnet", "input_hint_block.0.weight"], "it is a Control-LoRA"],
    [["task_embedding", "controlnet_cond_embedding.conv_in.weight"], "it is a ControlNet Union"],
    [["lllite_unet_input_blocks_1_1.conditioning1.0.weight"], "it is a ControlNet-LLLite"],
    [["fc.weight"], "its 1 tensors are named as in no known model"],
  ])("readControl() says what a file is when it holds %j", async (names, what) => {
    const path = await file(names);
    await expect(readControl(path)).rejects.toThrow(
      `Cannot open control "${path}": ${what} (a ControlNet or T2I-Adapter is wanted)`,
    );
  });

  it("readControl() says what a folder is when it is of another class", async () => {
    const path = join(folder, "union");
    await mkdir(path);
    await writeFile(join(path, "config.json"), JSON.stringify({ _class_name: "ControlNetUnionModel" }));
    await expect(readControl(path)).rejects.toThrow(
      'it is "ControlNetUnionModel" (ControlNetModel or T2IAdapter is wanted)',
    );
  });

  it("readControl() throws an Error that begins with what it could not do, whatever the names and shapes", async () => {
    const part = fc.constantFrom(
      "control_model.input_hint_block.0",
      "input_hint_block.x",
      "zero_convs.0.0",
      "body.0.block1",
      "body.0.in_conv",
      "body.7.body.0.block1",
      "adapter.conv_in",
      "controlnet_cond_embedding.conv_in",
      "controlnet_cond_embedding.blocks.1",
      "down_blocks.0.resnets.0.conv1",
      "conv_in",
      "a.attn2.to_k",
      "a.proj_in",
    );
    const names = fc.uniqueArray(part, { minLength: 1, maxLength: 13 });
    // Every layer that tells a ControlNet's sizes is there, and none has any.
    const asControlNet = [
      "controlnet_cond_embedding.conv_in",
      "down_blocks.0.resnets.0.conv1",
      "conv_in",
      "a.attn2.to_k",
      "a.proj_in",
    ];
    const scalars: [string[], number[]] = [asControlNet, []];
    const empty: [string[], number[]] = [asControlNet, [0, 0, 3, 3]];
    await fc.assert(
      fc.asyncProperty(names, fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }), async (names, dims) => {
        const path = join(folder, "random.safetensors");
        await writeSafetensors(
          path,
          names.map((name) => [`${name}.weight`, tensor(dims)]),
        );
        await expect(readControl(path)).rejects.toThrow(/^Cannot (open|read) /);
      }),
      { numRuns: 40, examples: [scalars, empty] },
    );
  });
});
