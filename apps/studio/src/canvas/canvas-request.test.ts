import { generateOptions } from "@noisette/core/pipelines/options";
import { expect, test } from "vitest";
import { canvasRequest } from "./canvas-request.ts";
import type { CanvasContent, CanvasSettings } from "./canvas-request.ts";
import { noFrame, withSide } from "./frame.ts";

const settings: CanvasSettings = {
  prompt: "a fox",
  negativePrompt: "",
  strength: 0.6,
  count: 2,
  feather: 4,
  onlyMasked: false,
  fill: "original",
};
const content: CanvasContent = { task: "whole", init: "a.0", width: 512, height: 384, frame: noFrame };
const request = (change: Partial<CanvasSettings>, more: Partial<CanvasContent>) => {
  const made = canvasRequest({ ...settings, ...change }, { ...content, ...more });
  generateOptions.parse(made.options);
  return made;
};

test("canvasRequest() works at the picture's own size when nothing else is asked for", () => {
  expect(request({}, {})).toEqual({
    task: "generate",
    init: "a.0",
    options: { prompt: "a fox", strength: 0.6, count: 2, width: 512, height: 384 },
  });
});

test("canvasRequest() stretches to a size that networks take when the picture's is none", () => {
  expect(request({}, { width: 510, height: 301 }).options).toMatchObject({ width: 512, height: 304, fit: "stretch" });
  expect(request({ longestSide: 256 }, {}).options).toMatchObject({ width: 256, height: 192, fit: "stretch" });
});

test("canvasRequest() keeps the picture outside of the mask when a part is painted", () => {
  const { mask, options } = request({ feather: 6, fill: "noise" }, { task: "part", mask: "m" });
  expect([mask, options.maskBlur, options.fill, options.pasteOriginal]).toEqual(["m", 6, "noise", true]);
});

test("canvasRequest() leaves the size to the model when only the masked area is worked on", () => {
  const { options } = request({ onlyMasked: true }, { task: "part", mask: "m" });
  expect(options.maskArea).toBe("masked");
  expect(options).not.toHaveProperty("width");
  expect(options).not.toHaveProperty("fit");
});

test("canvasRequest() asks for the frame when the picture is to grow", () => {
  const frame = withSide(withSide(noFrame, "left", 61), "bottom", 128);
  const { options } = request({}, { task: "around", frame, mask: "m" });
  expect(options).toMatchObject({ outpaint: [64, 0, 0, 128], width: 576, height: 512, maskBlur: 4 });
  expect(options).not.toHaveProperty("fit");
});
