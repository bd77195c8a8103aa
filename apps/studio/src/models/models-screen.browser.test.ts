import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStudio, patient, studioProblem } from "../../../../fixtures/studio-page.ts";
import type { Studio } from "../../../../fixtures/studio-page.ts";

const fixture = (path: string) => fileURLToPath(new URL(`../../../../fixtures/${path}`, import.meta.url));

describe.skipIf(studioProblem !== undefined)("the Models screen", () => {
  let studio: Studio;
  let adapters: string;
  beforeAll(async () => {
    adapters = await mkdtemp(join(tmpdir(), "noisette-adapters-"));
    await cp(fixture("adapters/lora_kohya.safetensors"), join(adapters, "snow.safetensors"));
    studio = await openStudio({
      adapters,
      given: [
        { id: "tiny", path: fixture("models/sd1") },
        { id: "tiny-2", path: fixture("models/sd2") },
      ],
    });
  });
  afterAll(async () => {
    await studio?.close();
    await rm(adapters, { recursive: true, force: true });
  });

  test("ModelsScreen() inspects models, makes one the default, and puts adapters into the prompt", async () => {
    const { page, problems, accessibilityProblems, screenshot } = await studio.open("#/models");
    await page.getByRole("link", { name: /^tiny-2/ }).click();
    const model = page.getByRole("region", { name: "tiny-2" });
    await model.getByRole("button", { name: "Inspect" }).click();
    await model.getByText("a Stable Diffusion checkpoint").waitFor();
    await model.getByRole("button", { name: "Make it the default" }).click();
    await page.getByRole("link", { name: /^tiny-2.*default/ }).waitFor();
    expect((await studio.client.models()).find(({ isDefault }) => isDefault)?.id).toBe("tiny-2");
    await screenshot("models");
    expect(await accessibilityProblems()).toEqual([]);

    await page.getByRole("button", { name: "To the prompt" }).first().click();
    await page.getByText("snow is in the prompt").waitFor();
    await model.getByRole("button", { name: "Use it" }).click();
    expect(await page.getByLabel("Model", { exact: true }).inputValue()).toBe("tiny-2");
    expect(await page.getByLabel("Prompt", { exact: true }).inputValue()).toBe("<lora:snow:1>");

    const prompt = page.getByLabel("Prompt", { exact: true });
    await prompt.fill("");
    await prompt.pressSequentially("fox <sn");
    await page.getByRole("option", { name: /snow/ }).waitFor();
    await page.keyboard.press("Enter");
    await expect.poll(() => prompt.inputValue(), patient).toBe("fox <lora:snow:1>");
    expect(problems).toEqual([]);
  });

  test("DownloadForm() shows the server's words when it fetches nothing", async () => {
    const { page, problems } = await studio.open("#/models", { size: "phone" });
    await page.getByLabel("Id on the Hub").fill("owner/name");
    await page.getByRole("button", { name: "Download" }).click();
    await page.getByRole("alert").filter({ hasText: "Cannot" }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    expect(problems.filter((problem) => !/status of 4\d\d/.test(problem))).toEqual([]);
  });
});
