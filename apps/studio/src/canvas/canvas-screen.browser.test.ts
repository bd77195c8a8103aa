import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStudio, patient, studioProblem } from "../../../../fixtures/studio-page.ts";
import type { Studio } from "../../../../fixtures/studio-page.ts";

const fixtures = new URL("../../../../fixtures/", import.meta.url);

describe.skipIf(studioProblem !== undefined)("the Canvas screen", () => {
  let studio: Studio;
  let models: string;
  beforeAll(async () => {
    models = await mkdtemp(join(tmpdir(), "noisette-models-"));
    await cp(fileURLToPath(new URL("models/controlnet-sd1", fixtures)), join(models, "scribble"), { recursive: true });
    studio = await openStudio({ models });
    const { client } = studio;
    const options = { prompt: "a quiet sea", steps: 2, width: 64, height: 64, seed: 3 };
    const { id } = await client.createJob({ task: "generate", options });
    for await (const _ of client.watchJob(id));
  });
  afterAll(async () => {
    await studio?.close();
    await rm(models, { recursive: true, force: true });
  });

  test("CanvasScreen() paints a part anew and keeps the rest when a mask is drawn", async () => {
    const { page, problems, accessibilityProblems, screenshot } = await studio.open("#/gallery");
    await page.getByRole("button", { name: "Show large: a quiet sea" }).click();
    await page.getByRole("button", { name: "Inpaint" }).click();
    const mask = page.getByRole("img", { name: "What is painted over is made anew" });
    await mask.hover(); // waits until it stands still
    const generate = page.getByRole("button", { name: "Generate" });
    expect(await generate.isDisabled()).toBe(true);

    const { x, y, width, height } = (await mask.boundingBox())!;
    const drag = async (from: readonly [number, number], to: readonly [number, number]) => {
      await page.mouse.move(x + from[0] * width, y + from[1] * height);
      await page.mouse.down();
      await page.mouse.move(x + to[0] * width, y + to[1] * height, { steps: 5 });
      await page.mouse.up();
    };
    const drawn = () =>
      mask.evaluate((canvas: HTMLCanvasElement) => {
        const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
        return data.filter((value, i) => i % 4 === 3 && value > 127).length;
      });
    await page.getByLabel("Size", { exact: true }).fill("0.3");
    await drag([0.2, 0.3], [0.6, 0.3]);
    const stroke = await drawn();
    expect(stroke).toBeGreaterThan(20);
    await page.getByRole("button", { name: "Lasso: fill an outline" }).click();
    await drag([0.1, 0.6], [0.5, 0.9]);
    await page.getByRole("button", { name: "Eraser" }).click();
    await drag([0.2, 0.3], [0.4, 0.3]);
    expect(await drawn()).toBeLessThan(stroke);
    await page.keyboard.press("Control+z");
    await page.keyboard.press("Control+z");
    expect(await drawn()).toBe(stroke);
    await page.keyboard.press("Control+Shift+z");
    await page.keyboard.press("Control+z");
    expect(await drawn()).toBe(stroke);
    expect(await accessibilityProblems()).toEqual([]);
    await screenshot("canvas");

    await page.getByLabel("Prompt", { exact: true }).fill("a boat");
    await page.getByLabel("Steps, as a number").fill("4");
    await page.keyboard.press("Control+Enter");
    await page.getByRole("button", { name: "Show large: a boat" }).nth(1).waitFor();
    const [made] = (await studio.client.images({ words: "boat" })).images;
    const [before] = (await studio.client.images({ words: "quiet sea" })).images;
    const row = (file: string, line: number) =>
      page.evaluate(
        async ([url, line]) => {
          const bitmap = await createImageBitmap(await (await fetch(url as string)).blob());
          const surface = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d")!;
          surface.drawImage(bitmap, 0, 0);
          return [...surface.getImageData(0, line as number, bitmap.width, 1).data];
        },
        [studio.client.address(file), line] as const,
      );
    expect(await row(made.url, 60)).toEqual(await row(before.url, 60));
    expect(await row(made.url, 19)).not.toEqual(await row(before.url, 19));
    expect(problems).toEqual([]);
  });

  test("CanvasScreen() paints beyond the edges when the frame is dragged", async () => {
    const { page, problems, screenshot } = await studio.open("#/gallery");
    await page.getByRole("button", { name: "Show large: a quiet sea" }).click();
    await page.getByRole("button", { name: "Outpaint" }).click();
    const right = page.getByRole("slider", { name: "Right side" });
    await right.hover();
    const { x, y, width, height } = (await right.boundingBox())!;
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width / 2 + 140, y + height / 2, { steps: 4 });
    await page.mouse.up();
    expect(Number(await right.getAttribute("aria-valuenow"))).toBeGreaterThan(0);
    await page.getByRole("button", { name: "Undo" }).click();
    await right.focus();
    await page.keyboard.press("Shift+ArrowRight");
    expect(await right.getAttribute("aria-valuenow")).toBe("64");
    await screenshot("canvas-outpaint");
    await page.getByLabel("Steps, as a number").fill("3");
    await page.keyboard.press("Control+Enter");
    await page.getByRole("button", { name: "Show large: a quiet sea" }).first().waitFor();
    const { images } = await studio.client.images({ words: "quiet sea" });
    expect([images[0].width, images[0].height]).toEqual([128, 64]);
    expect(problems).toEqual([]);
  });

  test("GuideFields() has a picture follow a drawing, and shows what the network sees of it", async () => {
    const { page, problems, accessibilityProblems, screenshot } = await studio.open();
    await page.getByLabel("Width", { exact: true }).fill("64");
    await page.getByLabel("Height", { exact: true }).fill("64");
    await page.getByLabel("Prompt", { exact: true }).fill("a house");
    await page.getByLabel("Steps, as a number").fill("2");
    await page.getByLabel("Guide (ControlNet)").selectOption("scribble");
    expect(await page.getByLabel("Made ready by").inputValue()).toBe("xdog");
    await page.getByRole("button", { name: "Draw a guide" }).click();
    const dialog = page.getByRole("dialog", { name: "Draw a guide" });
    const sheet = dialog.getByRole("img", { name: "Draw a guide" });
    await sheet.hover(); // waits until it stands still
    const { x, y, width, height } = (await sheet.boundingBox())!;
    await page.mouse.move(x + 0.2 * width, y + 0.8 * height);
    await page.mouse.down();
    await page.mouse.move(x + 0.5 * width, y + 0.2 * height, { steps: 4 });
    await page.mouse.move(x + 0.8 * width, y + 0.8 * height, { steps: 4 });
    await page.mouse.up();
    expect(await accessibilityProblems()).toEqual([]);
    await dialog.getByRole("button", { name: "Use the drawing" }).click();
    const preview = page.getByRole("img", { name: "What the network will see" });
    await expect
      .poll(
        () =>
          preview.evaluate((canvas: HTMLCanvasElement) => {
            const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
            return data.filter((value, i) => i % 4 === 0 && value > 127).length > 20;
          }),
        patient,
      )
      .toBe(true);
    await page.keyboard.press("Control+Enter");
    await page.getByRole("button", { name: "Show large: a house" }).first().waitFor();
    await screenshot("guide");
    const [job] = (await studio.client.jobs()).jobs;
    expect(job.request).toMatchObject({ controls: [{ network: "scribble", annotator: "none" }] });
    expect(problems).toEqual([]);
  });

  test("CanvasScreen() opens a file, and takes fingers on a phone", async () => {
    const { page, problems, accessibilityProblems, screenshot } = await studio.open("#/canvas", { size: "phone" });
    const [image] = (await studio.client.images({ words: "quiet sea" })).images.slice(-1);
    const file = Buffer.from(await (await studio.client.imageFile(image.id)).arrayBuffer());
    await page.locator("input[type=file]").setInputFiles({ name: "sea.png", mimeType: "image/png", buffer: file });
    await page.getByRole("button", { name: "Inpaint" }).click();
    const mask = page.getByRole("img", { name: "What is painted over is made anew" });
    const { x, y, width, height } = (await mask.boundingBox())!;
    await page.touchscreen.tap(x + width / 2, y + height / 2);
    await page.getByText("Paint over what is to be made anew.").waitFor({ state: "hidden" });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    expect(await accessibilityProblems()).toEqual([]);
    await screenshot("canvas-phone");
    expect(problems).toEqual([]);
  });
});
