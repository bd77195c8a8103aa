import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { sharedModel } from "../../../../fixtures/shared-engine.ts";
import { openCheckpoint } from "../checkpoints/open.ts";
import type { Wildcards } from "../prompts/expand-template.ts";
import { readPrompt } from "../prompts/read-prompt.ts";
import { readTensors } from "../safetensors/read-tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import type { ClipTokenizer } from "../tokenizers/clip.ts";
import { openTokenizer } from "../tokenizers/open.ts";
import { textEncoders } from "./conditioning.ts";
import type { EncodeOptions, TextEncoders } from "./conditioning.ts";
import type { GenerateEvent } from "./events.ts";
import type { Model } from "./model.ts";
import type { Networks } from "./networks.ts";
import { openNetworks } from "./networks.ts";

const plain: EncodeOptions = {
  written: "",
  clipSkip: 1,
  clipSkipSdxl: "relative",
  chunking: "a1111",
  emphasis: "no-norm",
};

interface Parts {
  readonly networks: Networks;
  readonly encoders: TextEncoders;
  readonly tokenizer: ClipTokenizer;
  /** The first encoder's own vectors, by id. */
  readonly vectors: Tensor;
}

/** The text encoders of a model, and what they make of one prompt. */
async function encodersOf(name: string): Promise<Parts> {
  const checkpoint = await openCheckpoint(fixturePath(`models/${name}`));
  const networks = await openNetworks(checkpoint, { device: "cpu", threads: 1 });
  const { tokenizer, tokenizer2 } = checkpoint.tokenizers;
  const tokenizers = {
    textEncoder: tokenizer && (await openTokenizer(tokenizer)),
    textEncoder2: tokenizer2 && (await openTokenizer(tokenizer2)),
  };
  const table = "text_model.embeddings.token_embedding.weight";
  const stored = checkpoint.networks.textEncoder!.tensors.get(table)!;
  const vectors = (await readTensors([[table, stored]])).get(table)!;
  return {
    networks,
    encoders: textEncoders(checkpoint, networks, tokenizers),
    tokenizer: tokenizers.textEncoder!,
    vectors,
  };
}

const encodeWith =
  (encoders: TextEncoders) =>
  async (prompt: string, options: Partial<EncodeOptions> = {}) => {
    const [{ stages }] = readPrompt(prompt, { syntax: "a1111", steps: 10 }).parts;
    const texts = stages.map(({ pieces }) => ({ textEncoder: pieces, textEncoder2: pieces }));
    return encoders.encode(texts, { ...plain, written: prompt, ...options });
  };

const rows = ({ data, dims }: Tensor) =>
  Array.from({ length: dims[1] }, (_, i) => [...data.subarray(i * dims[2], (i + 1) * dims[2])]);
const expectClose = (actual: ArrayLike<number>, wanted: ArrayLike<number>) => {
  expect(actual.length).toBe(wanted.length);
  // The rounding of float32.
  Array.from(wanted).forEach((value, i) => expect(Math.abs(actual[i] - value)).toBeLessThan(1e-5));
};

describe("textEncoders()", () => {
  let parts: Parts;
  let encode: ReturnType<typeof encodeWith>;
  beforeAll(async () => {
    parts = await encodersOf("sd1");
    encode = encodeWith(parts.encoders);
  });
  afterAll(() => parts.networks.close());

  test("encode() applies each weight to its own tokens, by the formula of its emphasis", async () => {
    const [{ context: z }] = await encode("a red fox");
    const [{ context: empty }] = await encode("");
    const [{ context: multiplied, words }] = await encode("a (red:1.5) fox");
    const [{ context: apart }] = await encode("a (red:1.5) fox", { emphasis: "comfyui" });
    const red = words!.find(({ text }) => text === "red")!.tokens;
    rows(z).forEach((row, i) => {
      const weight = red.includes(i) ? 1.5 : 1;
      expectClose(
        rows(multiplied)[i],
        row.map((value) => value * weight),
      );
      expectClose(
        rows(apart)[i],
        row.map((value, at) => rows(empty)[i][at] + weight * (value - rows(empty)[i][at])),
      );
    });
    const mean = ({ data }: Tensor) => data.reduce((a, b) => a + b, 0) / data.length;
    const [{ context: restored }] = await encode("a (red:1.5) fox", { emphasis: "original" });
    expect(mean(restored)).toBeCloseTo(mean(z), 5);
  });

  test("encode() puts chunks one behind the other, each as if it were alone", async () => {
    const [{ context: both }] = await encode("red BREAK fox");
    const [[one], [two]] = [await encode("red"), await encode("fox")];
    expect(both.dims).toEqual([1, 154, one.context.dims[2]]);
    expect(both.data).toEqual(Float32Array.from([...one.context.data, ...two.context.data]));
  });

  test("encode() brings all texts of a prompt to one length, and to the least that is asked for", async () => {
    const stages = await encode("[red:red BREAK fox:3]");
    expect(stages.map(({ context }) => context.dims[1])).toEqual([154, 154]);
    const [{ context }] = await encode("red", { leastChunks: 3 });
    expect(context.dims[1]).toBe(231);
  });

  test("encode() takes a concept's vectors in place of a token's", async () => {
    const { vectors, encoders, tokenizer } = parts;
    const { ids } = tokenizer.encode("red fox");
    const [, width] = vectors.dims;
    const rowsOf = Float32Array.from(ids.flatMap((id) => [...vectors.data.subarray(id * width, (id + 1) * width)]));
    const table = new Map([["zebra", { textEncoder: tensor([ids.length, width], rowsOf) }]]);
    const [{ context }] = await encodeWith(encoders)("a zebra, 4k", { embeddings: { table, naming: "name" } });
    const [{ context: wanted }] = await encode("a red fox, 4k");
    expect(context.data).toEqual(wanted.data);
    const wrong = new Map([["zebra", { textEncoder: tensor([1, 5]) }]]);
    await expect(encode("zebra", { embeddings: { table: wrong, naming: "name" } })).rejects.toThrow(
      /^Cannot use an embedding of width 5/,
    );
  });
});

describe("generate()", () => {
  let model: Model;
  let xl: Model;
  beforeAll(async () => {
    model = await sharedModel("sd1");
    xl = await sharedModel("sdxl");
  });
  const quick = { steps: 4, width: 64, height: 64, seed: 7, sampler: "euler" } as const;
  const make = async (options: Parameters<Model["generate"]>[0], from = model) =>
    (await from.generate({ ...quick, ...options })).images;
  const latents = async (prompt: string, options: object = {}, from = model) =>
    (await make({ prompt, ...options }, from))[0].latents.data;

  test("generate() switches prompts at their steps", async () => {
    expect(await latents("[cat:dog:0]")).toEqual(await latents("dog"));
    expect(await latents("[cat:dog:9]")).toEqual(await latents("cat"));
    // Switched before the last of four calls: like neither of them.
    const switched = await latents("[cat:dog:0.5]");
    expect(switched).not.toEqual(await latents("cat"));
    expect(switched).not.toEqual(await latents("dog"));
    expect(switched).toEqual(await latents("[cat:dog:2]"));
  });

  test("generate() adds up the directions of AND's parts", async () => {
    expectClose(await latents("a fox :0.25 AND a fox :0.75"), await latents("a fox"));
    expectClose(await latents("a fox AND a dog :0"), await latents("a fox"));
    // Parts of other lengths go together.
    expect((await latents(`a fox AND ${"dog ".repeat(90)} :0.5`)).every(Number.isFinite)).toBe(true);
    // Without guidance the parts are guided by their weights alone.
    expect(await latents("a fox AND a dog", { guidanceScale: 1 })).not.toEqual(
      await latents("a fox", { guidanceScale: 1 }),
    );
  });

  test("generate() runs prompts of different lengths, together or one by one, and pads them when asked", async () => {
    const long = { prompt: "fox, ".repeat(60), negativePrompt: "grey" };
    const [batched] = await make({ ...long, guidanceBatching: "batched" });
    const [sequential] = await make({ ...long, guidanceBatching: "sequential" });
    expectClose(batched.latents.data, sequential.latents.data);
    const [padded] = await make({ ...long, padNegative: true });
    expect(padded.latents.data).not.toEqual(batched.latents.data);
  });

  test("generate() reads a prompt for each of SDXL's encoders", async () => {
    const both = await latents("[cat:dog:2] BREAK red", { prompt2: "a [fox:wolf:1] (red:1.2)" }, xl);
    expect(both.every(Number.isFinite)).toBe(true);
    expect(await latents("dog", { prompt2: "[cat:dog:0]" }, xl)).toEqual(await latents("dog", {}, xl));
    await expect(latents("a AND b AND c", { prompt2: "d AND e" }, xl)).rejects.toThrow(
      /AND joins 2 parts in the second/,
    );
  });

  test("generate() gives an empty negative prompt zeros, or its text, as the program does", async () => {
    const zeros = await latents("a fox", { emptyNegative: "zeros" }, xl);
    expect(zeros).not.toEqual(await latents("a fox", { emptyNegative: "text" }, xl));
    expect(zeros).toEqual(await latents("a fox", { emptyNegative: "zeros", negativePrompt: "" }, xl));
  });

  test("generate() draws templates by the picture's seed, and its record makes the picture again", async () => {
    const colours = ["red", "green", "blue", "black", "white"];
    const wildcards: Wildcards = { source: "a table", names: ["colour"], lines: async () => colours };
    const options = { prompt: "a __colour__ {fox|wolf}", negativePrompt: "{grey|dull}", count: 5, wildcards };
    const images = await make(options);
    const prompts = images.map(({ record }) => record.options.prompt as string);
    for (const prompt of prompts) expect(prompt).toMatch(/^a (red|green|blue|black|white) (fox|wolf)$/);
    expect(new Set(prompts).size).toBeGreaterThan(1);
    expect(images[3].record.template).toEqual({ prompt: options.prompt, negativePrompt: options.negativePrompt });
    const [again] = (await model.generate(structuredClone(images[3].record.options))).images;
    expect(again.image!.data).toEqual(images[3].image!.data);
    const [alone] = await make({ ...options, count: 1, seed: 10 });
    expect(alone.record.options.prompt).toBe(prompts[3]);
    const inBatch = await make({ ...options, seeding: "batch" });
    expect(inBatch[3].record.options.prompt).toEqual(prompts);
  });

  test("generate() says where a prompt is odd, and refuses networks that are not there", async () => {
    const events: GenerateEvent[] = [];
    for await (const event of model.generate({ ...quick, prompt: "a fox) in {snow" })) events.push(event);
    const notices = events.flatMap((event) => (event.kind === "notice" ? event.text : []));
    expect(notices).toContain('the prompt at 6, ")": ")" closes nothing and is text');
    expect(notices).toContain('the template "a fox) in {snow" at 11: "{" has no partner and is text');
    await expect(make({ prompt: "a fox <lora:x:0.5>" })).rejects.toThrow(/^Cannot find the LoRA "x"/);
    await expect(make({ prompt: "a", prompt2: "{a|b}" })).rejects.toThrow(/the template in prompt2/);
  });

  test.each(["diffusers", "a1111", "comfyui"] as const)(
    "generate() makes a picture as %s and records how",
    async (compat) => {
      const [{ record, image }] = await make({ prompt: "a (red:1.3) fox", compat, sampler: "dpmpp_2m_sde" });
      expect(record.options).toMatchObject({ compat, seed: 7 });
      expect(record.options.noise).toBe(compat === "diffusers" ? undefined : "brownian");
      const [again] = (
        await model.generate({ ...structuredClone(record.options), ...(record.batch && { pictures: [0] }) })
      ).images;
      expect(again.image!.data).toEqual(image!.data);
    },
  );

  test("generate() gives a picture of a ComfyUI batch its part of the batch's noise on the way too", async () => {
    const options = { prompt: "a fox", compat: "comfyui", sampler: "dpmpp_2m_sde", count: 2 } as const;
    const all = await make(options);
    const [second] = await make({ ...options, pictures: [1] });
    expect(second.latents.data).toEqual(all[1].latents.data);
    expect(all[1].latents.data).not.toEqual(all[0].latents.data);
  });
});
