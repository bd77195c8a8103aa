import { expect, test } from "vitest";
import type { StoredTensor } from "../tensor/stored.ts";
import type { ModelFamily, Prediction } from "./checkpoint.ts";
import { detectPrediction } from "./detect.ts";

const stored = (name: string, dims: number[]): [string, StoredTensor] => [
  name,
  { name, type: "F32", dims, file: "x", offset: 0, byteLength: 0 },
];
const bias = "up_blocks.3.attentions.2.transformer_blocks.0.norm1.bias";
const unet = new Map([
  stored("conv_in.weight", [320, 4, 3, 3]),
  stored("up_blocks.3.attentions.1.transformer_blocks.0.norm1.bias", [320]),
  stored(bias, [320]),
]);
const noRead = () => Promise.reject(new Error("nothing was to be read"));

test("detectPrediction() reads the last norm1.bias when an SD 2 file says nothing", async () => {
  // The spread of ±s is s.
  const detect = (spread: number) =>
    detectPrediction({ tensors: unet, metadata: {}, unet, family: "sd2" }, async ({ name }) => {
      expect(name).toBe(bias);
      return Float32Array.from({ length: 320 }, (_, i) => (i % 2 === 0 ? spread : -spread));
    });
  expect(await detect(0.1)).toMatchObject({
    prediction: "v_prediction",
    note: expect.stringContaining("spreads by 0.100"),
  });
  expect(await detect(0.08)).toMatchObject({
    prediction: "epsilon",
    note: expect.stringContaining('pass "prediction"'),
  });
});

const stating: { family: ModelFamily; metadata: Record<string, string>; prediction: Prediction }[] = [
  { family: "sd1", metadata: {}, prediction: "epsilon" },
  { family: "sd1", metadata: { "modelspec.prediction_type": "v" }, prediction: "v_prediction" },
  { family: "sdxl", metadata: { "modelspec.predict_key": "epsilon" }, prediction: "epsilon" },
  { family: "sd2", metadata: { "modelspec.prediction_type": "epsilon" }, prediction: "epsilon" },
  { family: "sd1", metadata: { prediction_type: "constructor" }, prediction: "epsilon" },
];
test.each(stating)(
  "detectPrediction() gives $prediction without reading when the family is $family and the metadata $metadata",
  async ({ family, metadata, prediction }) => {
    expect(await detectPrediction({ tensors: unet, metadata, unet, family }, noRead)).toEqual({ prediction });
  },
);

test("detectPrediction() takes the training step from a tensor when an SD 2 file stores it as one", async () => {
  const tensors = new Map([...unet, stored("global_step", [])]);
  expect(await detectPrediction({ tensors, metadata: {}, unet, family: "sd2" }, async () => [220000])).toEqual({
    prediction: "epsilon",
  });
});
