import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStudio, patient, studioProblem } from "../../../../fixtures/studio-page.ts";
import type { Studio } from "../../../../fixtures/studio-page.ts";

describe.skipIf(studioProblem !== undefined)("the Create screen", () => {
  let studio: Studio;
  beforeAll(async () => {
    studio = await openStudio();
  });
  afterAll(() => studio?.close());

  test("CreateScreen() makes four pictures from a prompt when Ctrl+Enter is pressed", async () => {
    const { page, problems, accessibilityProblems, screenshot } = await studio.open();
    const prompt = page.getByLabel("Prompt", { exact: true });
    await prompt.fill("a (red:1.3) fox in [snow:rain:0.5] <lora:x:1>");
    await expect.poll(() => page.locator(".part-more").textContent(), patient).toBe("red");
    await expect.poll(() => page.getByTestId("positive-tokens").textContent(), patient).toMatch(/^\d+ \/ 75 tokens$/);

    // The server's own words where the prompt asks for what is not there.
    await page.getByLabel("Width", { exact: true }).fill("64");
    await page.getByLabel("Height", { exact: true }).fill("64");
    await page.getByLabel("Steps, as a number").fill("4");
    await page.keyboard.press("Control+Enter");
    await page.getByRole("alert").filter({ hasText: 'Cannot find the adapter "x"' }).waitFor();

    await prompt.fill("a (red:1.3) fox in [snow:rain:0.5]");
    await page.keyboard.press("Control+Enter");
    const job = page.getByRole("article", { name: /red:1.3.*0.5\]$/ });
    await expect.poll(() => job.getByRole("button", { name: /^Show large/ }).count(), patient).toBe(4);
    await expect.poll(() => job.getByRole("status").textContent(), patient).toBe("4 pictures");
    expect(await accessibilityProblems()).toEqual([]);
    await screenshot("create");

    await job.getByRole("button", { name: "Vary" }).first().click();
    await expect.poll(() => page.getByRole("button", { name: /^Show large/ }).count(), patient).toBe(8);
    const { images } = await studio.client.images();
    const [varied, original] = await Promise.all([
      studio.client.image(images[0].id),
      studio.client.image(images[7].id),
    ]);
    expect(varied.record.options).toMatchObject({ variationStrength: 0.15 });
    expect(original.record.options).toMatchObject({ steps: 4, width: 64, height: 64 });

    await job.getByRole("button", { name: "Copy settings" }).first().click();
    await page.getByText("Settings copied").waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/fox[^]*Steps: 4, Sampler: /);
    expect(problems).toEqual([]);
  });

  test("CreateScreen() shows previews, cancels on Escape, and tells what the server refuses in its words", async () => {
    const { page, problems } = await studio.open();
    await page.getByLabel("Prompt", { exact: true }).fill("a long way");
    await page.getByLabel("Width", { exact: true }).fill("64");
    await page.getByLabel("Height", { exact: true }).fill("64");
    await page.getByLabel("Steps, as a number").fill("900");
    await page.getByRole("button", { name: "Generate" }).click();
    await page
      .getByRole("status")
      .filter({ hasText: /^Step / })
      .waitFor();
    await page.getByAltText("Preview").first().waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("status").filter({ hasText: "Cancelled" }).waitFor();

    const more = page.getByLabel("More options");
    await more.focus();
    await page.locator("datalist option[value=pagLayers]").waitFor({ state: "attached" });
    await more.fill("pagLayers");
    await page.getByLabel("pagLayers", { exact: true }).fill('["nowhere"]');
    await page.getByLabel("pagLayers", { exact: true }).blur();
    await page.getByRole("button", { name: "Generate" }).click();
    await page
      .getByRole("alert")
      .filter({ hasText: /pagLayers|pagScale/ })
      .waitFor();
    expect(problems.filter((problem) => !/status of 4\d\d/.test(problem))).toEqual([]);
  });

  test("App() speaks Chinese and goes dark when asked to, and keeps both", async () => {
    const { page, problems, accessibilityProblems } = await studio.open("", { theme: "light" });
    await page.getByRole("button", { name: "中文" }).click();
    await page.getByRole("button", { name: "生成" }).waitFor();
    await page.getByRole("button", { name: /主题/ }).click();
    await page.getByRole("button", { name: /主题/ }).click();
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");
    expect(await accessibilityProblems()).toEqual([]);
    await page.reload();
    await page.getByRole("button", { name: "生成" }).waitFor();
    expect(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dataset.theme])).toEqual([
      "zh",
      "dark",
    ]);
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "快捷键" }).waitFor();
    expect(problems).toEqual([]);
  });

  test("CreateScreen() fits a phone, its screens in a bar at the bottom", async () => {
    const { page, problems, accessibilityProblems, screenshot } = await studio.open("", { size: "phone" });
    await page.getByLabel("Prompt", { exact: true }).fill("an owl");
    await page.getByText("Settings", { exact: true }).click();
    await page.getByLabel("Width", { exact: true }).fill("64");
    await page.getByLabel("Height", { exact: true }).fill("64");
    await page.getByLabel("Steps, as a number").fill("2");
    await page.getByRole("button", { name: "Generate" }).click();
    await page.getByRole("button", { name: "Show large: an owl" }).nth(3).waitFor();
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBe(0);
    const bar = (await page.getByRole("navigation").boundingBox())!;
    expect(Math.round(bar.y + bar.height)).toBe(844);
    expect(await accessibilityProblems()).toEqual([]);
    await screenshot("create-phone");
    expect(problems).toEqual([]);
  });

  test("the page is under 250 kB compressed when it is first opened", async () => {
    const { page } = await studio.open();
    await page.getByRole("button", { name: "Generate" }).waitFor();
    const bytes = await page.evaluate(() =>
      [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
        .filter(({ name }) => !name.includes("/v1/"))
        .reduce((sum, entry) => sum + (entry as PerformanceResourceTiming).encodedBodySize, 0),
    );
    expect(bytes).toBeGreaterThan(20_000);
    expect(bytes).toBeLessThan(250_000);
  });
});
