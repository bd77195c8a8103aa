import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { annotatorIds } from "@noisette/core/image/annotators/index";
import { readImage, writePng } from "@noisette/core/image/png";
import { run } from "../../../../fixtures/command-line.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "noisette-"));
  const data = Uint8Array.from({ length: 3 * 8 * 6 }, (_, i) => (Math.floor(i / 3) % 8 < 4 ? 0 : 255));
  await writePng(join(folder, "step.png"), { width: 8, height: 6, channels: 3, data });
});
afterEach(() => rm(folder, { recursive: true }));
const annotate = (...words: string[]) => run("annotate", ...words);

describe("noisette annotate", () => {
  it("annotate lists every annotator when it stands alone", async () => {
    const { status, out } = await annotate();
    expect(status).toBe(0);
    for (const id of annotatorIds) expect(out).toMatch(new RegExp(`^${id} `, "m"));
  });

  it("annotate writes the control picture, and over none, when it is asked twice", async () => {
    const [from, to] = [join(folder, "step.png"), join(folder, "edges.png")];
    const first = await annotate("canny", from, to, "--low", "50", "--high", "100.5", "--l2-gradient");
    expect(first).toMatchObject({ status: 0, out: `${to}\n` });
    expect(await annotate("canny", from, to)).toMatchObject({ status: 0, out: `${join(folder, "edges-2.png")}\n` });
    const { data } = await readImage(to);
    expect(data.filter((value) => value === 255)).toHaveLength(3 * 6);
  });

  it.each([
    [["cany", "a", "b"], 'no such annotator (closest: "canny"'],
    [["canny", "a"], "2 words (noisette annotate NAME|FILE PICTURE RESULT is wanted)"],
    [["tile", "a", "b", "--gamma", "1"], "Cannot use --gamma with tile: it is for luminance, intensity"],
    [["tile", "a", "b", "--factor", "0"], "a number from 1 to 64 is wanted"],
    [["canny", "none.png", "b"], "none.png"],
  ])("annotate says what is wrong when the words are %j", async (words, message) => {
    const { status, error } = await annotate(...words);
    expect(status).not.toBe(0);
    expect(error).toContain(message);
  });
});
