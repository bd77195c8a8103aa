import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { readTextlessModel } from "../checkpoints/textless-model.ts";
import { parseSampleOptions } from "./sample-options.ts";
import { dataChannels, stepsFor, textlessPlan, wantedClasses } from "./textless-rules.ts";

let classes: string;
beforeAll(async () => {
  classes = await mkdtemp(join(tmpdir(), "textless-"));
  await cp(fixturePath("models/unet2d-class"), join(classes, "unet"), { recursive: true });
  await cp(fixturePath("models/ddpm/scheduler"), join(classes, "scheduler"), { recursive: true });
});
afterAll(() => rm(classes, { recursive: true }));

const read = (name: string) => readTextlessModel(name === "class" ? classes : fixturePath(`models/${name}`));

it.each([
  ["class", {}, "it has 10 classes and none is asked for (numbers from 0 to 9 are wanted)"],
  ["class", { classes: [10] }, "class 10 is none of its 10 (numbers from 0 to 9 are wanted)"],
  ["ddpm", { classes: [1] }, "it has no classes (none can be asked for)"],
  ["ddpm", { guidanceScale: 2 }, "guidance 2 without classes (1 is wanted)"],
])("wantedClasses() of %s refuses %j", async (name, options, message) => {
  const model = await read(name);
  expect(() => wantedClasses(model, parseSampleOptions(options))).toThrow(`Cannot sample "${model.path}": ${message}`);
});

it.each([
  [
    { sampler: "euler_cfg_pp" },
    "CFG++ needs the prediction without the class (a guidanceScale other than 1 is wanted)",
  ],
  [{ sampler: "ddim_inverse" }, "it turns pictures into noise (a sampler that makes pictures is wanted)"],
  [{ sampler: "ddim", clippedNoise: true }, "Cannot sample with clippedNoise and a sampler or schedule"],
  [{ clippedNoise: true }, "DDPMScheduler"],
])("textlessPlan() refuses %j", async (options, message) => {
  const model = await read("ddpm");
  expect(() => textlessPlan(model, { ...parseSampleOptions(options), steps: 5 })).toThrow(message);
});

it("stepsFor() is every timestep of a DDPMScheduler and 50 of others when none are asked for", async () => {
  const model = await read("ddpm");
  expect(
    [{}, { sampler: "euler" }, { steps: 7 }, { timesteps: [9, 3] }, { sigmas: [9, 3, 1, 0] }].map((options) =>
      stepsFor(model, parseSampleOptions(options)),
    ),
  ).toEqual([1000, 50, 7, 2, 3]);
});

it("dataChannels() refuses a UNet that sees more than what it makes", async () => {
  expect(dataChannels(await read("ddpm"))).toBe(3);
  const model = await read("ldm-super-resolution");
  expect(() => dataChannels(model)).toThrow("its UNet sees 6 channels, its autoencoder's latents have 3");
  expect(() => dataChannels({ ...model, decoder: undefined })).toThrow("it has no autoencoder, and 6 channels");
});

it.each([[{ steps: 0 }], [{ prompt: "a fox" }], [{ classes: [] }], [{ classes: [-1] }]])(
  "parseSampleOptions() refuses %j",
  (options) => {
    expect(() => parseSampleOptions(options)).toThrow(/^Cannot sample: /);
  },
);
