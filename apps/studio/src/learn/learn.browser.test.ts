// Learn in the studio: the server's page may run the model, and finds its files. What the figures do is tested with the static site.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openStudio, studioProblem } from "../../../../fixtures/studio-page.ts";
import type { Studio } from "../../../../fixtures/studio-page.ts";

const shown = process.env.UPDATE_SCREENSHOTS !== undefined;
const chapters = ["forward", "reverse", "latent", "attention", "samplers", "guidance", "interpolation"];

describe("Learn", { timeout: shown ? 600_000 : 120_000 }, () => {
  let studio: Studio;
  beforeEach((context) => {
    if (studioProblem !== undefined) context.skip(studioProblem);
  });
  beforeAll(async () => {
    if (studioProblem === undefined) studio = await openStudio();
  });
  afterAll(() => studio?.close());

  it("runs the bundled model in the page that the server gives", async () => {
    const { page, problems, screenshot } = await studio.open("#/learn");
    await page.getByTestId("device").waitFor({ timeout: 120_000 });
    const drawn = (chapter: string) =>
      page.waitForFunction(
        (id) => [...document.querySelectorAll(`#learn-${id} .picture`)].every((one) => one.tagName === "CANVAS"),
        chapter,
        { timeout: 200_000 },
      );
    await screenshot("learn");
    for (const chapter of shown ? chapters : chapters.slice(0, 1)) {
      await page.locator(`#learn-${chapter}`).evaluate((element) => element.scrollIntoView());
      await drawn(chapter);
      await screenshot(`learn-${chapter}`);
    }
    expect(problems).toEqual([]);
  });

  it.runIf(shown)("has its pictures taken on a phone, in the dark", async () => {
    const { page, screenshot } = await studio.open("#/learn", { size: "phone", theme: "dark" });
    await page.locator("#learn-forward").evaluate((element) => element.scrollIntoView());
    await page.locator("#learn-forward canvas").nth(1).waitFor({ timeout: 120_000 });
    await screenshot("learn-phone");
  });
});
