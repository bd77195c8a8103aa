import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { readImage } from "@noisette/core/image/png";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { command as generate } from "../commands/generate.ts";
import { parseLine } from "../flags/parse.ts";
import { commandFlags } from "../run-command-line.ts";
import { readIpAdapters } from "./read-ip-adapters.ts";

const flags = commandFlags(generate as never);
const picture = fixturePath("cases/sd1/init_image.png");
const written = (...texts: string[]) =>
  parseLine(
    texts.flatMap((text) => ["--ip-adapter", text]),
    flags,
  ).given.ipAdapters as never;

describe("readIpAdapters()", () => {
  it("readIpAdapters() reads every picture of every adapter when they are named", async () => {
    const { ipAdapters } = await readIpAdapters(
      written(
        `package.json,image=${picture},image=${picture},weight=0.6,end=0.5`,
        `plus.bin,image=${picture},encoder=vit-h`,
      ),
    );
    const image = await readImage(picture);
    expect(ipAdapters).toEqual([
      { path: resolve("package.json"), weight: 0.6, end: 0.5, images: [image, image] },
      { path: "plus.bin", encoder: "vit-h", images: [image] },
    ]);
  });

  it("readIpAdapters() takes what is left open from the picture to repeat when it has that many", async () => {
    const earlier = [{ path: "a.safetensors", weight: 0.3, start: 0.1, end: 1 }];
    const { ipAdapters } = await readIpAdapters(written(`{"image":["${picture}"],"weight":0.5}`), earlier);
    expect(ipAdapters).toMatchObject([{ path: "a.safetensors", weight: 0.5, start: 0.1 }]);
  });

  it("readIpAdapters() says what is missing when there is no picture or no file", async () => {
    await expect(readIpAdapters(written("a.bin"))).rejects.toThrow('Cannot look at no picture by "a.bin"');
    await expect(readIpAdapters(written(`{"image":["${picture}"]}`))).rejects.toThrow(`Cannot look at "${picture}"`);
    expect(() => written("a.bin,weight=3")).toThrow("Cannot use --ip-adapter");
    expect(() => written("a.bin,pictures=3")).toThrow("no such part");
  });
});
