import { jobRequest } from "@noisette/server/schema/job-request";
import { expect, test } from "vitest";
import { guided, usualAnnotator } from "./guide.ts";

const request = { task: "generate", options: { prompt: "a house" } } as const;

test("guided() asks the server's way for a network with its picture", () => {
  const made = guided(request, {
    network: "canny",
    picture: { reference: "upload-1", address: "blob:x" },
    annotator: "canny",
    weight: 0.8,
  });
  expect(jobRequest.parse(made)).toMatchObject({
    controls: [{ network: "canny", image: "upload-1", annotator: "canny", weight: 0.8, fit: "crop" }],
  });
});

test("guided() leaves a request alone when there is no guide", () => {
  expect(guided(request, undefined)).toBe(request);
});

test("usualAnnotator() goes by the network's name", () => {
  expect(["lllyasviel/control_v11p_sd15_canny", "t2iadapter_sketch", "mine"].map(usualAnnotator)).toEqual([
    "canny",
    "xdog",
    "none",
  ]);
});
