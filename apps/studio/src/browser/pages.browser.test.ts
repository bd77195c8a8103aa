// The static site in a real browser: the model runs there, makes Node's pictures, and every figure of Learn comes alive.

import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { psnr } from "@noisette/core/evaluation/psnr";
import { overGround } from "@noisette/core/image/over-ground";
import { load } from "@noisette/core/pipelines/model";
import type { Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { browserProblem } from "../../../../fixtures/browser-page.ts";
import { openSite } from "../../../../fixtures/static-site.ts";
import type { StaticSite } from "../../../../fixtures/static-site.ts";
import { writeTinyStickerModel } from "../../../../fixtures/tiny-sticker-model.ts";

const config = fileURLToPath(new URL("../../pages/vite.config.ts", import.meta.url));
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const sizes = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } } as const;

describe("static site", { timeout: 120_000 }, () => {
  let folder: string;
  let site: StaticSite;
  beforeEach((context) => {
    if (browserProblem !== undefined) context.skip(browserProblem);
  });
  beforeAll(async () => {
    if (browserProblem !== undefined) return;
    folder = await mkdtemp(join(tmpdir(), "noisette-site-"));
    // The bundled model's kind: transparent, v-prediction from zero terminal SNR on, an upscaler.
    await writeTinyStickerModel(join(folder, "tiny"));
    process.env.NOISETTE_PAGES_MODEL = join(folder, "tiny");
    await build({ configFile: config, logLevel: "error", build: { outDir: join(folder, "site") } });
    delete process.env.NOISETTE_PAGES_MODEL;
    site = await openSite({ folder: join(folder, "site"), path: "/some/where/" });
  });
  afterAll(async () => {
    await site?.close();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  /** A page of the site, and what it complains of. */
  async function openPage(address: string, size: keyof typeof sizes, language = "en") {
    const context = await site.browser.newContext({ viewport: sizes[size], locale: language, reducedMotion: "reduce" });
    const page = await context.newPage();
    const problems: string[] = [];
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(String(error)));
    await page.goto(site.url + address);
    await page.getByTestId("device").waitFor({ timeout: 120_000 });
    return { page, problems, close: () => context.close() };
  }

  it("Create makes the picture that Node makes, within 40 dB, and keeps the model for the next visit", async () => {
    const { page, problems, close } = await openPage("#/create", "desktop");
    expect(await page.getByTestId("device").getAttribute("data-device")).toBe("wasm");
    await page.getByLabel("Prompt", { exact: true }).fill("a red fox, flat");
    await page.getByLabel("How many").selectOption("1");
    await page.getByLabel("Seed", { exact: true }).fill("11");
    await page.getByRole("button", { name: "Generate" }).click();
    const canvas = page.getByRole("img", { name: "a red fox, flat" });
    await canvas.waitFor();
    const here = await pixelsOf(page, "a red fox, flat");

    const model = await load(join(folder, "tiny"), { device: "cpu", threads: 1 });
    const { images } = await model.generate({ prompt: "a red fox, flat", seed: 11 });
    await model.close();
    expect(here).toMatchObject({ width: 32, height: 32 });
    expect(psnr(overGround(here), overGround(images[0].image!))).toBeGreaterThan(40);

    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download" }).click();
    expect((await download).suggestedFilename()).toBe("11.png");

    // Again, with a server that has lost the weights.
    await page.route(/\.(safetensors|wasm)$/, (route) => route.abort());
    await page.reload();
    await page.getByTestId("device").waitFor({ timeout: 120_000 });
    expect(problems).toEqual([]);
    await close();
  });

  // The figures are the same on both; a phone's first one is enough to see them fit.
  it.each([
    ["desktop", "en", ["forward", "reverse", "latent", "attention", "samplers", "guidance", "interpolation"]],
    ["phone", "zh-CN", ["forward"]],
  ] as const)("the figures of Learn come alive on a %s", async (size, language, chapters) => {
    const { page, problems, close } = await openPage("#/learn", size, language);
    for (const chapter of chapters) {
      await page.locator(`#learn-${chapter}`).evaluate((element) => element.scrollIntoView());
      // A series goes on picture after picture: when two are there, the others come too.
      await page.waitForFunction((id) => document.querySelectorAll(`#learn-${id} canvas.picture`).length > 1, chapter, {
        timeout: 60_000,
      });
    }
    expect(await page.locator(".problem").allTextContents()).toEqual([]);
    expect(await axeFindings(page)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    if (size === "desktop") await playWith(page);
    expect(problems).toEqual([]);
    await close();
  });

  /** What a reader does, and what must follow. */
  async function playWith(page: Page): Promise<void> {
    const time = page.getByLabel("Time t");
    await time.fill("0");
    await page.getByText("t = 0: ᾱ = 0.999").waitFor();
    const clean = await pixelsOf(page, "noise on the pixels");
    await page.getByRole("button", { name: "zero terminal SNR" }).click();
    await time.fill("999");
    await page.getByText("t = 999: ᾱ = 0.00, so x is 0 % of the picture and 100 % of the noise").waitFor();
    expect(psnr(clean, await pixelsOf(page, "noise on the pixels"))).toBeLessThan(12);

    const before = await pixelsOf(page, "decoded latent");
    await page.getByRole("button", { name: "make it noise" }).click();
    await page.getByRole("button", { name: "row 3, column 4" }).click();
    const edited = "decoded, after your changes";
    await expect.poll(async () => psnr(before, await pixelsOf(page, edited)), { timeout: 10_000 }).toBeLessThan(60);

    await page.getByRole("button", { name: "中文" }).click();
    await page.getByRole("heading", { name: "图像如何从噪声中浮现" }).waitFor();
  }
});

/** What axe finds wrong, with the places. */
async function axeFindings(page: Page): Promise<unknown> {
  await page.addScriptTag({ path: axe });
  // As text: what vitest has transformed does not run in a page.
  return page.evaluate(`axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
    violations.map(({ id, nodes }) => [id, ...nodes.map(({ target }) => target.join(" "))]))`);
}

/** What the canvas called `label` shows. */
async function pixelsOf(page: Page, label: string) {
  const { width, height, data } = (await page
    .locator(`canvas[aria-label="${label}"]`)
    .first()
    .evaluate((canvas: HTMLCanvasElement) => {
      const { width, height } = canvas;
      return { width, height, data: Array.from(canvas.getContext("2d")!.getImageData(0, 0, width, height).data) };
    })) as { width: number; height: number; data: number[] };
  return { width, height, channels: 4 as const, data: Uint8Array.from(data) };
}
