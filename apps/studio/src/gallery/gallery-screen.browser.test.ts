import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withTextChunks } from "@noisette/core/image/png-metadata";
import { openStudio, patient, studioProblem } from "../../../../fixtures/studio-page.ts";
import type { Studio } from "../../../../fixtures/studio-page.ts";

const infotext =
  "a lighthouse\nNegative prompt: fog\nSteps: 12, Sampler: Euler a, CFG scale: 6, Seed: 77, Size: 512x768, Model hash: aaaaaaaaaa, Model: tiny";

describe.skipIf(studioProblem !== undefined)("the Gallery screen", () => {
  let studio: Studio;
  beforeAll(async () => {
    studio = await openStudio();
    const { client } = studio;
    for (const [i, prompt] of ["a red fox", "a grey owl", "a red kite"].entries()) {
      const options = { prompt, steps: 2, width: 64, height: 64, seed: 10 * i, count: 4 };
      const { id } = await client.createJob({ task: "generate", previewEvery: 0, options });
      for await (const _ of client.watchJob(id));
    }
  });
  afterAll(() => studio?.close());

  test("GalleryScreen() finds pictures by words, walks them with arrow keys, rates them", async () => {
    const { page, problems, accessibilityProblems, screenshot } = await studio.open("#/gallery");
    const shown = page.getByRole("button", { name: /^Show large/ });
    await expect.poll(() => shown.count(), patient).toBe(12);
    expect(await accessibilityProblems()).toEqual([]);

    await page.keyboard.press("/");
    await page.keyboard.type("red fox");
    await expect.poll(() => shown.count(), patient).toBe(4);
    await shown.first().focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    const viewer = page.getByRole("dialog", { name: "Picture" });
    await viewer.getByText("2 of 4").waitFor();
    await page.keyboard.press("ArrowRight");
    await viewer.getByText("3 of 4").waitFor();
    await viewer.getByRole("button", { name: "4 stars" }).click();
    await viewer.getByRole("group", { name: "Rated 4 stars" }).waitFor();
    expect(await accessibilityProblems()).toEqual([]);
    await screenshot("viewer");
    await page.keyboard.press("Escape");
    await page.getByLabel("Any rating").selectOption("4");
    await expect.poll(() => shown.count(), patient).toBe(1);

    await shown.first().click();
    await viewer.getByRole("button", { name: "Use settings" }).click();
    await expect.poll(() => page.getByLabel("Prompt", { exact: true }).inputValue(), patient).toBe("a red fox");
    expect(await page.getByLabel("Steps, as a number").inputValue()).toBe("2");
    expect(problems).toEqual([]);
  });

  test("CompareDialog() lays two pictures over each other and tells what differs", async () => {
    const { page, problems, accessibilityProblems } = await studio.open("#/gallery");
    await page.getByRole("button", { name: "Compare" }).click();
    await page.getByRole("button", { name: "Show large: a red fox" }).first().click();
    await page.getByRole("button", { name: "Show large: a grey owl" }).first().click();
    const dialog = page.getByRole("dialog", { name: "Compare" });
    await dialog.getByRole("slider").fill("20");
    await expect
      .poll(() => dialog.locator("img.over").evaluate((image) => image.style.clipPath), patient)
      .toContain("20%");
    await dialog.getByRole("row", { name: "Prompt a red fox a grey owl" }).waitFor();
    expect(await accessibilityProblems()).toEqual([]);
    expect(problems).toEqual([]);
  });

  test("ImportedDialog() reads another program's picture when it is dropped anywhere", async () => {
    const { page, problems, accessibilityProblems } = await studio.open("#/gallery");
    const [image] = (await studio.client.images({ words: "kite" })).images;
    const own = new Uint8Array(await (await studio.client.imageFile(image.id)).arrayBuffer());
    const foreign = withTextChunks(own.slice(), { parameters: infotext, noisette: "" });
    const drop = (bytes: Uint8Array, name: string) =>
      page.evaluate(
        ([data, name]) => {
          const transfer = new DataTransfer();
          const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
          transfer.items.add(new File([bytes], name, { type: "image/png" }));
          dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, cancelable: true }));
        },
        [Buffer.from(bytes).toString("base64"), name] as const,
      );
    await drop(own, "own.png");
    await page.getByRole("dialog", { name: "own.png" }).getByText("a red kite").waitFor();
    await page.keyboard.press("Escape");
    await drop(withoutRecord(foreign), "lighthouse.png");
    const dialog = page.getByRole("dialog", { name: "lighthouse.png" });
    await dialog.getByText("a lighthouse").waitFor();
    expect(await accessibilityProblems()).toEqual([]);
    await dialog.getByRole("button", { name: "Use settings" }).click();
    await expect.poll(() => page.getByLabel("Prompt", { exact: true }).inputValue(), patient).toBe("a lighthouse");
    expect(await page.getByLabel("Negative prompt").inputValue()).toBe("fog");
    expect(await page.getByLabel("Sampler", { exact: true }).inputValue()).toBe("euler_ancestral");
    expect(await page.getByLabel("Seed", { exact: true }).inputValue()).toBe("77");
    expect(await page.getByLabel("Height", { exact: true }).inputValue()).toBe("768");
    expect(problems).toEqual([]);
  });

  test("PlotScreen() makes a picture for every pair of values", async () => {
    const { page, problems, accessibilityProblems, screenshot } = await studio.open();
    await page.getByLabel("Prompt", { exact: true }).fill("a tower");
    await page.getByLabel("Width", { exact: true }).fill("64");
    await page.getByLabel("Height", { exact: true }).fill("64");
    await page.getByLabel("Steps, as a number").fill("2");
    await page.getByLabel("Steps, as a number").blur();
    await page.goto(`${studio.url}/#/gallery/plot`);
    await page.getByLabel("Values of X, with commas between").fill("2, 8");
    await page.getByRole("button", { name: "Plot", exact: true }).click();
    await page.getByText("4 of 4 pictures").waitFor();
    await page.getByRole("button", { name: "Show large: 8, 2" }).waitFor();
    expect(await accessibilityProblems()).toEqual([]);
    await screenshot("plot");
    const { images } = await studio.client.images({ words: "tower" });
    expect(images.map(({ guidanceScale, seed }) => [guidanceScale, seed]).reverse()).toEqual([
      [2, 1],
      [8, 1],
      [2, 2],
      [8, 2],
    ]);
    expect(problems).toEqual([]);
  });

  test("GalleryScreen() fits a phone", async () => {
    const { page, problems, accessibilityProblems, screenshot } = await studio.open("#/gallery", { size: "phone" });
    await page
      .getByRole("button", { name: /^Show large/ })
      .first()
      .waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    expect(await accessibilityProblems()).toEqual([]);
    await screenshot("gallery-phone");
    expect(problems).toEqual([]);
  });
});

/** The file without the chunk of our own record: another program's. */
function withoutRecord(png: Uint8Array): Uint8Array {
  const view = new DataView(png.buffer, png.byteOffset);
  const parts = [png.subarray(0, 8)];
  for (let at = 8; at < png.length;) {
    const end = at + 12 + view.getUint32(at);
    const head = new TextDecoder("latin1").decode(png.subarray(at + 4, at + 17));
    if (!/^.{4}noisette\0/.test(head)) parts.push(png.subarray(at, end));
    at = end;
  }
  return Buffer.concat(parts);
}
