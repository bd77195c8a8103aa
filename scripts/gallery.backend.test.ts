import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { fixturePath } from "../fixtures/read-golden.ts";
import { readImage } from "../packages/core/src/image/png.ts";
import { exhibits, makeGallery } from "./gallery.ts";

it("makeGallery() writes a page with every command and the pictures it shows", async () => {
  const docs = mkdtempSync(join(tmpdir(), "noisette-docs-"));
  const out = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  try {
    const flags = "--steps 4 --device cpu --quiet".split(" ");
    await makeGallery(fixturePath("models/sd1"), { docs, flags });
    const page = readFileSync(join(docs, "gallery.md"), "utf8");
    expect(page.match(/^ {4}noisette /gm)).toHaveLength(exhibits.length);
    const pictures = [...page.matchAll(/\]\((gallery\/[\w.-]+)\)/g)].map(([, path]) => path);
    expect(new Set(pictures.map((path) => path.slice("gallery/".length)))).toEqual(
      new Set(readdirSync(join(docs, "gallery"))),
    );
    for (const path of pictures) expect((await readImage(join(docs, path))).width).toBeGreaterThan(0);
  } finally {
    out.mockRestore();
    rmSync(docs, { recursive: true });
  }
});
