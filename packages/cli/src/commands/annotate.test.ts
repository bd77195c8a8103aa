import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { annotatorIds } from "@noisette/core/image/annotators/index";
import { readImage, writePng } from "@noisette/core/image/png";
import { runCommandLine } from "../run-command-line.ts";

let folder: string;
let out = "";
let told = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "noisette-"));
  [out, told] = ["", ""];
  vi.spyOn(process.stdout, "write").mockImplementation((part) => Boolean((out += String(part))));
  vi.spyOn(process.stderr, "write").mockImplementation((part) => Boolean((told += String(part))));
  const data = Uint8Array.from({ length: 3 * 8 * 6 }, (_, i) => (Math.floor(i / 3) % 8 < 4 ? 0 : 255));
  await writePng(join(folder, "step.png"), { width: 8, height: 6, channels: 3, data });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});
const run = (...words: string[]) => runCommandLine(["annotate", ...words]);

describe("noisette annotate", () => {
  it("annotate lists every annotator when it stands alone", async () => {
    expect(await run()).toBe(0);
    for (const id of annotatorIds) expect(out).toMatch(new RegExp(`^${id} `, "m"));
  });

  it("annotate writes the control picture, and over none, when it is asked twice", async () => {
    const [from, to] = [join(folder, "step.png"), join(folder, "edges.png")];
    expect(await run("canny", from, to, "--low", "50", "--high", "100.5", "--l2-gradient")).toBe(0);
    expect(await run("canny", from, to)).toBe(0);
    expect(out).toBe(`${to}\n${join(folder, "edges-2.png")}\n`);
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
    expect(await run(...words)).not.toBe(0);
    expect(told).toContain(message);
  });
});
