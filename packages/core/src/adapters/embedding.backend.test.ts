import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixturePath, goldenFloats, readGolden } from "../../../../fixtures/read-golden.ts";
import { openCheckpoint } from "../checkpoints/open.ts";
import { textEncoders } from "../pipelines/conditioning.ts";
import type { TextEncoders } from "../pipelines/conditioning.ts";
import { openNetworks } from "../pipelines/networks.ts";
import type { Networks } from "../pipelines/networks.ts";
import { promptSyntaxes, readPrompt } from "../prompts/read-prompt.ts";
import type { PromptSyntaxId } from "../prompts/read-prompt.ts";
import { readTensors } from "../safetensors/read-tensor.ts";
import { writeSafetensors } from "../safetensors/write.ts";
import { tensor } from "../tensor/tensor.ts";
import { openTokenizer } from "../tokenizers/open.ts";
import { embeddingTable, readEmbedding } from "./embedding.ts";

const fixture = (name: string) => fixturePath(`adapters/${name}`);
let networks: Networks;
let encoders: TextEncoders;
beforeAll(async () => {
  const checkpoint = await openCheckpoint(fixturePath("models/sd1"));
  networks = await openNetworks(checkpoint, { device: "cpu", threads: 1 });
  const textEncoder = await openTokenizer(checkpoint.tokenizers.tokenizer!);
  encoders = textEncoders(checkpoint, networks, { textEncoder });
});
afterAll(() => networks.close());

/** The last hidden state of `prompt` with the embedding in `file`. */
async function encoded(
  prompt: string,
  { file, word, syntax = "a1111" }: { file: string; word?: string; syntax?: PromptSyntaxId },
) {
  const [{ stages }] = readPrompt(prompt, { syntax, steps: 10 }).parts;
  const [{ pieces }] = stages;
  const table = embeddingTable([{ file: await readEmbedding(fixture(file)), word }], { textEncoder: 24 });
  const [states] = await encoders.encode([{ textEncoder: pieces, textEncoder2: pieces }], {
    written: prompt,
    clipSkip: 1,
    clipSkipSdxl: "relative",
    chunking: "a1111",
    emphasis: "original",
    embeddings: { table, naming: promptSyntaxes[syntax].embeddings },
  });
  return states;
}

const worst = (a: Float32Array, b: Float32Array) => Math.max(...a.map((value, i) => Math.abs(value - b[i])));

describe.each(["single", "multi"])("textual inversion, %s", (kind) => {
  const { json, ...golden } = readGolden(`adapters/ti_${kind}_expected`);
  const wanted = goldenFloats({ json, ...golden }, "out.last_hidden_state");

  it.each((json as { files: string[] }).files)(
    "encode() gives the reference's states when the file is %s",
    async (file) => {
      const { context, embeddings } = await encoded(json.prompt as string, { file, word: `<ti-${kind}>` });
      expect(context.dims).toEqual([1, 77, 24]);
      expect(worst(context.data, wanted)).toBeLessThan(1e-4);
      expect(embeddings).toEqual([`<ti-${kind}>`]);
    },
  );

  it("encode() gives the same states when the concept is named as A1111 and ComfyUI do", async () => {
    const file = `ti_diffusers_${kind}.safetensors`;
    const a1111 = "a drawing of ZEBRA-9 , red zebra-9";
    expect(worst((await encoded(a1111, { file, word: "zebra-9" })).context.data, wanted)).toBeLessThan(1e-4);
    const comfyui = "a drawing of embedding:zebra , red embedding:zebra.pt";
    const states = await encoded(comfyui, { file, word: "zebra", syntax: "comfyui" });
    expect(worst(states.context.data, wanted)).toBeLessThan(1e-4);
  });

  it("encode() finds diffusers' word inside other characters when it stands in brackets", async () => {
    const file = `ti_diffusers_${kind}.safetensors`;
    const [close, apart] = [`<ti-${kind}>,red`, `<ti-${kind}> , red`];
    const [a, b] = [await encoded(close, { file }), await encoded(apart, { file })];
    expect(a.context.data).toEqual(b.context.data);
    expect(a.embeddings).toEqual([`<ti-${kind}>`]);
  });
});

describe("textual inversion for SDXL", () => {
  it("encode() gives both encoders their vectors, and pools where the text ends", async () => {
    const checkpoint = await openCheckpoint(fixturePath("models/sdxl"));
    const xl = await openNetworks(checkpoint, { device: "cpu", threads: 1 });
    const folder = await mkdtemp(join(tmpdir(), "noisette-"));
    try {
      const { tokenizer, tokenizer2 } = checkpoint.tokenizers;
      const [textEncoder, textEncoder2] = [await openTokenizer(tokenizer!), await openTokenizer(tokenizer2!)];
      const { encode } = textEncoders(checkpoint, xl, { textEncoder, textEncoder2 });
      // A word that has the vectors of others is as if these stood there.
      const rows = async (part: "textEncoder" | "textEncoder2", ids: readonly number[]) => {
        const name = "text_model.embeddings.token_embedding.weight";
        const { dims, data } = (await readTensors([[name, checkpoint.networks[part]!.tensors.get(name)!]])).get(name)!;
        const [, width] = dims;
        const own = ids.flatMap((id) => [...data.subarray(id * width, (id + 1) * width)]);
        return tensor([ids.length, width], Float32Array.from(own));
      };
      const { ids } = textEncoder.encode("red fox");
      const path = join(folder, "zebra.safetensors");
      await writeSafetensors(path, [
        ["clip_l", await rows("textEncoder", ids)],
        ["clip_g", await rows("textEncoder2", textEncoder2.encode("red fox").ids)],
      ]);
      const file = await readEmbedding(path);
      const table = embeddingTable([{ file }], { textEncoder: 24, textEncoder2: 16 });
      const of = async (prompt: string) => {
        const [{ pieces }] = readPrompt(prompt, { syntax: "a1111", steps: 10 }).parts[0].stages;
        const [states] = await encode([{ textEncoder: pieces, textEncoder2: pieces }], {
          written: prompt,
          clipSkip: 1,
          clipSkipSdxl: "relative",
          chunking: "a1111",
          emphasis: "original",
          embeddings: { table, naming: "name" },
        });
        return states;
      };
      const [learned, plain] = [await of("a zebra, 4k"), await of("a red fox, 4k")];
      expect(learned.context).toEqual(plain.context);
      expect(learned.pooled).toEqual(plain.pooled);
    } finally {
      await xl.close();
      await rm(folder, { recursive: true });
    }
  });
});
