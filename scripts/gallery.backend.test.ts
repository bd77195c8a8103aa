import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { fixturePath } from "../fixtures/read-golden.ts";
import { commands } from "../packages/cli/src/commands/index.ts";
import { parseLine } from "../packages/cli/src/flags/parse.ts";
import { commandFlags } from "../packages/cli/src/run-command-line.ts";
import { readImage } from "../packages/core/src/image/png.ts";
import { exhibits, lineOf, makeGallery } from "./gallery.ts";

const flags = "--steps 4 --device cpu --quiet".split(" ");

it.each(exhibits)("lineOf() has flags that its command knows when it shows $title", async (exhibit) => {
  const [first, ...rest] = lineOf(exhibit, flags);
  const name = Object.hasOwn(commands, first) ? first : "generate";
  const { command } = await commands[name].load();
  expect(parseLine(rest, commandFlags(command)).given).toHaveProperty("out");
});

it("makeGallery() writes a page with every command and the pictures it shows", async () => {
  const docs = mkdtempSync(join(tmpdir(), "noisette-docs-"));
  const out = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  try {
    const titles = ["Text to image", "Inpainting", "Interpolation"];
    const shown = exhibits.filter(({ title }) => titles.includes(title));
    await makeGallery(fixturePath("models/sd1"), { docs, flags, shown });
    const page = readFileSync(join(docs, "gallery.md"), "utf8");
    expect(page.match(/^ {4}noisette /gm)).toHaveLength(titles.length);
    const pictures = [...page.matchAll(/\]\((gallery\/[\w.-]+)\)/g)].map(([, path]) => path);
    const files = readdirSync(join(docs, "gallery")).map((name) => `gallery/${name}`);
    expect(new Set(pictures)).toEqual(new Set(files));
    expect(files).toHaveLength(4);
    for (const path of files) expect((await readImage(join(docs, path))).width).toBeGreaterThan(0);
  } finally {
    out.mockRestore();
    rmSync(docs, { recursive: true });
  }
});
