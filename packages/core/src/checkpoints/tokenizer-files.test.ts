import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readTokenizerFiles } from "./tokenizer-files.ts";

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "tokenizer-"))));
afterEach(() => rm(folder, { recursive: true }));

const write = (name: string, value: unknown) =>
  writeFile(join(folder, name), typeof value === "string" ? value : JSON.stringify(value));

test("readTokenizerFiles() takes the padding of the map when the configuration lists no added tokens", async () => {
  await write("vocab.json", { a: 0 });
  await write("merges.txt", "#version: 0.2\n");
  await write("tokenizer_config.json", {
    pad_token: "<|endoftext|>",
    bos_token: { __type: "AddedToken", content: "<|startoftext|>" },
  });
  await write("special_tokens_map.json", { pad_token: "!" });
  expect(await readTokenizerFiles(folder)).toEqual({
    vocab: '{"a":0}',
    merges: "#version: 0.2\n",
    config: { pad_token: "!", bos_token: "<|startoftext|>" },
  });
  await write("tokenizer_config.json", { pad_token: "<|endoftext|>", added_tokens_decoder: {} });
  expect(await readTokenizerFiles(folder)).toMatchObject({ config: { pad_token: "<|endoftext|>" } });
});

test.each([
  [["a b", "ab c</w>"]],
  [
    [
      ["a", "b"],
      ["ab", "c</w>"],
    ],
  ],
])(
  "readTokenizerFiles() takes vocabulary and merges from tokenizer.json when there are no others: %j",
  async (merges) => {
    await write("tokenizer.json", { model: { type: "BPE", vocab: { a: 0, b: 1 }, merges } });
    expect(await readTokenizerFiles(folder)).toEqual({
      vocab: '{"a":0,"b":1}',
      merges: "#version: 0.2\na b\nab c</w>\n",
      config: {},
    });
  },
);

test("readTokenizerFiles() throws when the folder has no vocabulary", async () => {
  await expect(readTokenizerFiles(folder)).rejects.toThrow(
    'no vocabulary ("vocab.json" or "tokenizer.json" is wanted)',
  );
});
