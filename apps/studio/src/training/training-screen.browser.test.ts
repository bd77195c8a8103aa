import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pngBytes } from "@noisette/core/image/png";
import { openStudio, patient, studioProblem } from "../../../../fixtures/studio-page.ts";
import type { Studio } from "../../../../fixtures/studio-page.ts";

const side = 8;

describe.skipIf(studioProblem !== undefined)("the Training screen", () => {
  let studio: Studio;
  beforeAll(async () => {
    studio = await openStudio();
  });
  afterAll(() => studio?.close());

  test("TrainingScreen() uploads pictures, trains, shows losses and samples, stops and resumes", async () => {
    const { page, problems, accessibilityProblems, screenshot } = await studio.open("#/training");
    const files = await Promise.all(
      Array.from({ length: 8 }, async (_, i) => {
        const data = Uint8Array.from({ length: 3 * side * side }, (_, j) => (i * 30 + j) % 256);
        const bytes = await pngBytes({ width: side, height: side, channels: 3, data });
        return { name: `picture_${i}.png`, mimeType: "image/png", buffer: Buffer.from(bytes) };
      }),
    );
    await page.locator("input[type=file]").setInputFiles(files);
    await expect.poll(() => page.getByLabel("Pictures to learn from").inputValue(), patient).toBe("pictures");
    expect(await accessibilityProblems()).toEqual([]);

    const recipe = page.getByLabel("Recipe", { exact: true });
    const written = JSON.parse(await recipe.inputValue()) as Record<string, unknown>;
    expect(written).toMatchObject({ data: { path: "pictures" } });
    await recipe.fill(
      JSON.stringify({
        ...written,
        size: side,
        unet: { features: [8, 8], attention: [false, false], resnets: 1, groups: 4, headWidth: 4 },
        samples: { count: 2, steps: 2 },
        validation: { examples: 2 },
        batchSize: 2,
        steps: 100_000,
        every: { log: 1, validate: 40, sample: 40, checkpoint: 40 },
      }),
    );
    await page.getByRole("button", { name: "Start" }).click();
    const run = page.getByRole("region", { name: "pictures" });
    await run.getByRole("img", { name: /loss/ }).waitFor({ timeout: 40_000 });
    await run.getByRole("img", { name: "Sample of the run" }).first().waitFor({ timeout: 40_000 });
    await run.getByRole("button", { name: "Stop" }).click();
    await run.getByRole("status").filter({ hasText: "stopped" }).waitFor({ timeout: 20_000 });
    expect(await accessibilityProblems()).toEqual([]);
    await screenshot("training");
    const [stopped] = await studio.client.trainingRuns();

    await run.getByRole("button", { name: "Resume" }).click();
    await run.getByRole("button", { name: "Stop" }).waitFor();
    await expect
      .poll(async () => (await studio.client.trainingRun(stopped.id)).step, patient)
      .toBeGreaterThan(stopped.step);
    await run.getByRole("button", { name: "Stop" }).click();
    await run.getByRole("status").filter({ hasText: "stopped" }).waitFor({ timeout: 20_000 });
    expect(problems).toEqual([]);
  });
});
