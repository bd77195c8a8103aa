import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goldenTensor, fixturePath, readGolden } from "../../../../fixtures/read-golden.ts";
import type { Golden } from "../../../../fixtures/read-golden.ts";
import { openCheckpoint } from "../checkpoints/open.ts";
import type { Network } from "../runtime/engine.ts";
import type { AnyTensor, Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import type { LoraOption } from "./adapter-options.ts";
import { adapterShelf } from "./adapter-shelf.ts";
import { openNetworks } from "./networks.ts";
import type { Networks, Part } from "./networks.ts";
import { runAdapters } from "./run-adapters.ts";
import type { RunAdaptersOptions } from "./run-adapters.ts";

const adapterFile = (name: string) => fixturePath(`adapters/${name}.safetensors`);
const largest = (a: Float32Array, b: Float32Array) => Math.max(...a.map((value, i) => Math.abs(value - b[i])));

/** One model of the fixtures with what adapters need. */
async function open(name: string) {
  const checkpoint = await openCheckpoint(fixturePath(`models/${name}`));
  const networks = await openNetworks(checkpoint, { device: "cpu", threads: 1 });
  const notices: string[] = [];
  const given: RunAdaptersOptions = {
    checkpoint,
    networks,
    shelf: adapterShelf(checkpoint),
    catalogue: undefined,
    notice: (text) => notices.push(text),
  };
  /** The networks with `loras` in them. */
  const withLoras = async (loras: readonly LoraOption[], { mergeAdapters = false } = {}) => {
    const of = await runAdapters({ loras: [...loras], mergeAdapters, promptSyntax: "a1111" }, [["a fox"]], given);
    return of(["a fox"]);
  };
  return { networks, notices, given, withLoras };
}

const floats = (golden: Golden, key: string) => goldenTensor(golden, key) as Tensor;
const ids = (golden: Golden, key: string): AnyTensor => {
  const { dims, data } = goldenTensor(golden, key);
  return { dims, data: BigInt64Array.from(data as Int32Array, BigInt) };
};

/** What golden outputs are made of: the part, its output, its feeds. */
interface Role {
  readonly part: Part;
  readonly output: string;
  readonly feeds: (golden: Golden) => Record<string, AnyTensor>;
}
const text = (part: Part, output: string, key: string): Role => ({
  part,
  output,
  feeds: (golden) => {
    const given = ids(golden, key);
    const width = part === "textEncoder2" ? 16 : 24;
    const kept = tensor([1, 77, 1], new Float32Array(77).fill(1));
    return { ids: given, vectors: tensor([1, 77, width]), kept };
  },
});
const roles: Readonly<Record<string, Readonly<Record<string, Role>>>> = {
  sd1: {
    "out.unet": {
      part: "unet",
      output: "out",
      feeds: (golden) => ({
        sample: floats(golden, "in.sample"),
        timestep: tensor([1], Float32Array.of(421)),
        context: floats(golden, "in.encoder_hidden_states"),
      }),
    },
    "out.text": text("textEncoder", "normalized.3", "in.input_ids"),
  },
  sdxl: {
    "out.unet": {
      part: "unet",
      output: "out",
      feeds: (golden) => ({
        sample: floats(golden, "in.sample"),
        timestep: tensor([1], Float32Array.of(333)),
        context: floats(golden, "in.encoder_hidden_states"),
        textEmbeds: floats(golden, "in.text_embeds"),
        timeIds: floats(golden, "in.time_ids"),
      }),
    },
    "out.text1_penultimate": text("textEncoder", "hidden.2", "in.ids1"),
    "out.text2_penultimate": text("textEncoder2", "hidden.3", "in.ids2"),
    "out.text2_text_embeds": text("textEncoder2", "textEmbeds", "in.ids2"),
  },
};

async function outputOf(networks: Networks, role: Role, golden: Golden): Promise<Tensor> {
  const network: Network = await networks.get(role.part);
  return (await network.run(role.feeds(golden), { outputs: [role.output] }))[role.output];
}

type Opened = Awaited<ReturnType<typeof open>>;
let sd1: Opened;
let sdxl: Opened;
let plain: Tensor;
beforeAll(async () => {
  [sd1, sdxl] = [await open("sd1"), await open("sdxl")];
  // Before any adapter: no layer takes factors yet.
  plain = await outputOf(sd1.networks, roles.sd1["out.unet"], readGolden("adapters/_inputs"));
});
afterAll(() => Promise.all([sd1.networks.close(), sdxl.networks.close()]));

describe("runAdapters()", () => {
  const cases = [
    ["sd1", "lora_kohya", "lora_kohya"],
    ["sd1", "lora_diffusers_peft", "lora_diffusers_peft"],
    ["sd1", "lora_diffusers_old_attnprocs", "lora_diffusers_peft"],
    ["sdxl", "lora_kohya_sdxl", "lora_kohya_sdxl"],
  ] as const;
  it.each(cases)("gives %s the golden outputs of %s at both weights, live", async (model, file, goldenName) => {
    const { withLoras, notices } = model === "sd1" ? sd1 : sdxl;
    const golden = readGolden(`adapters/${goldenName}_expected`);
    const inputs = model === "sd1" ? readGolden("adapters/_inputs") : golden;
    for (const [key, role] of Object.entries(roles[model])) {
      if (file === "lora_diffusers_old_attnprocs" && key !== "out.unet") continue;
      for (const weight of [1, 0.6]) {
        const { networks } = await withLoras([{ name: adapterFile(file), weight }]);
        const result = await outputOf(networks, role, inputs);
        const wanted = floats(golden, `${key}@${weight.toFixed(1)}`);
        // fixtures/README.md: networks of the reference.
        expect(largest(result.data, wanted.data), `${key}@${weight}`).toBeLessThan(1e-4);
      }
    }
    expect(notices).toEqual([]);
  });

  it("gives the first bytes again after another adapter, and those of the plain network without any", async () => {
    const inputs = readGolden("adapters/_inputs");
    const run = async (...loras: LoraOption[]) =>
      (await outputOf((await sd1.withLoras(loras)).networks, roles.sd1["out.unet"], inputs)).data;
    const [a, b] = ["lora_kohya", "lora_diffusers_peft"].map((name) => ({ name: adapterFile(name) }));
    const first = await run(a);
    const second = await run(b);
    expect(largest(first, second)).toBeGreaterThan(1e-3);
    expect(await run(a)).toEqual(first);
    expect(await run()).toEqual(plain.data);
    expect(await run({ ...a, weight: 0 })).toEqual(plain.data);
  });

  it("gives the same live as merged: several at once, by blocks, in both networks", async () => {
    const inputs = readGolden("adapters/_inputs");
    const blockWeights = Array.from({ length: 26 }, (_, i) => i / 25);
    const loras = [
      { name: adapterFile("lora_kohya"), weight: 0.7, blockWeights },
      { name: adapterFile("lora_diffusers_peft"), weight: -0.4, textWeight: 0.9 },
    ];
    const outputs = async (adapted: { readonly networks: Networks }) => {
      const all: Tensor[] = [];
      for (const role of Object.values(roles.sd1)) all.push(await outputOf(adapted.networks, role, inputs));
      return all;
    };
    const live = await outputs(await sd1.withLoras(loras));
    const merged = await outputs(await sd1.withLoras(loras, { mergeAdapters: true }));
    // The rounding of float32, in outputs of a size of 5.
    live.forEach(({ data }, i) => expect(largest(data, merged[i].data)).toBeLessThan(1e-5));
    expect(sd1.notices[0]).toMatch(
      /^the LoRA ".*lora_kohya.safetensors" is merged into the weights \(mergeAdapters asks/,
    );
  });

  it("merges what is no product of two thin matrices, and says so", async () => {
    sd1.notices.length = 0;
    const { networks } = await sd1.withLoras([{ name: adapterFile("lycoris_misc") }]);
    const { data } = await outputOf(networks, roles.sd1["out.unet"], readGolden("adapters/_inputs"));
    const golden = floats(readGolden("adapters/lycoris_misc_expected"), "out.unet@1.0");
    expect(largest(data, golden.data)).toBeLessThan(1e-4);
    expect(sd1.notices).toEqual([
      expect.stringMatching(/lycoris_misc.*is merged into the weights \(its (full|dora|ia3) of /),
    ]);
    await expect(sd1.withLoras([{ name: adapterFile("lycoris_misc"), end: 0.5 }])).rejects.toThrow(
      /^Cannot change the weight of the LoRA ".*lycoris_misc.safetensors" over the steps: it is merged/,
    );
  });
});
