// LoRAs from the command line: files, names and tags in, pictures that tell of them out, and the same pictures again.

import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { parseInfotext } from "@noisette/core/image/infotext";
import { readBytes, readImage } from "@noisette/core/image/png";
import { readTextChunks } from "@noisette/core/image/png-metadata";
import { writePicture } from "@noisette/core/image/picture-file";
import { run } from "../../../fixtures/command-line.ts";
import { fixturePath } from "../../../fixtures/read-golden.ts";

const small = ["--device", "cpu", "--threads", "1", "--steps", "2", "--sampler", "euler", "--seed", "3", "--quiet"];
const sd1 = ["--model", fixturePath("models/sd1")];
/** A network whose layers take factors is slower to load. */
const merged = ["--merge-adapters"];
const lora = fixturePath("adapters/lora_kohya.safetensors");

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "noisette-"))));
afterEach(() => rm(folder, { recursive: true }));

const done = { status: 0, error: "" };
const textOf = async (path: string) => readTextChunks(await readBytes(path)).parameters!;

it("runCommandLine() makes a picture with a LoRA, by its file and by its name in another's picture, and makes it again", async () => {
  const [byFile, foreign, byName, again] = ["a", "b", "c", "d"].map((name) => join(folder, `${name}.png`));
  expect(await run("a fox", ...small, ...sd1, "--lora", `${lora}:0.8:0.5`, ...merged, "--out", byFile)).toMatchObject(
    done,
  );
  const written = await textOf(byFile);
  const { prompt, fields } = parseInfotext(written);
  expect(prompt).toBe("a fox <lora:lora_kohya:0.5:0.8>");
  expect(fields["Lora hashes"]).toMatch(/^lora_kohya: [0-9a-f]{12}$/);

  // Another program's picture has the text alone: its LoRA is looked up in the folder.
  await copyFile(lora, join(folder, "lora_kohya.safetensors"));
  const parameters = written.replace(/, Version: .*/, "").replace(/[0-9a-f]{12}/, "000011112222");
  await writePicture(foreign, await readImage(byFile), { format: "png", text: { parameters } });
  const line = ["--from", foreign, "--adapters", folder, ...merged, ...small.slice(0, -1), ...sd1, "--out", byName];
  const { status, error } = await run(...line);
  expect(status).toBe(0);
  expect(error).toContain(`was made with another LoRA "lora_kohya" (hash 000011112222, this one's is`);
  const named = parseInfotext(await textOf(byName));
  expect(named.prompt).toMatch(/^a fox +<lora:lora_kohya:0.5:0.8>$/);
  expect(named.fields["Lora hashes"]).toBe(fields["Lora hashes"]);

  expect(await run("--from", byName, "--out", again, "--quiet")).toMatchObject(done);
  expect((await readImage(again)).data).toEqual((await readImage(byName)).data);
});

it("runCommandLine() says which LoRA is not there, and which is close", async () => {
  const line = ["a <lora:lora_kohyo>", ...small, ...sd1, "--out", folder];
  expect(await run(...line, "--adapters", fixturePath("adapters"))).toMatchObject({
    status: 1,
    error: expect.stringMatching(/^noisette: Cannot find the LoRA "lora_kohyo" in ".*": .*closest: "lora_kohya"/),
  });
  expect((await run(...line)).error).toMatch(/there is no folder of adapters to look in/);
});
