import { beforeAll, describe, expect, it } from "vitest";
import { sharedModel } from "../../../../fixtures/shared-engine.ts";
import { embedWatermark } from "../image/watermark.ts";
import { findWatermark, watermarkBits } from "../image/watermark-text.ts";
import type { Image } from "../image/image.ts";
import { blurred } from "./content-gate.ts";
import type { ContentGate } from "./content-gate.ts";
import type { GenerateEvent } from "./events.ts";
import type { Model } from "./model.ts";

const quick = { prompt: "a red fox", steps: 1, sampler: "euler", width: 64, height: 64, seed: 7 } as const;
/** A gate of a caller's own, which finds every picture that `isUnsafe` says 0.75 unsafe. */
const gate = (policy: ContentGate["policy"], isUnsafe: (image: Image) => boolean = () => true): ContentGate => ({
  policy,
  threshold: 0.5,
  classify: async (image) => (isUnsafe(image) ? { hentai: 0.25, porn: 0.5 } : { hentai: 0, porn: 0 }),
});

describe("generate()", () => {
  let model: Model;
  let plain: Image;
  beforeAll(async () => {
    model = await sharedModel("sd1");
    plain = (await model.generate(quick)).images[0].image!;
  });
  const eventsOf = async (options: Parameters<Model["generate"]>[0]): Promise<GenerateEvent[]> => {
    const events: GenerateEvent[] = [];
    for await (const event of model.generate(options)) events.push(event);
    return events.filter(({ kind }) => kind !== "notice");
  };

  it("blurs picture and previews when the gate says so, and records it", async () => {
    const [, step, made] = await eventsOf({ ...quick, gate: gate("blur"), previewEvery: 1 });
    expect(step).toMatchObject({ kind: "step", preview: blurred(plain) }); // the only step's preview is the picture
    expect(made).toMatchObject({
      kind: "image",
      image: blurred(plain),
      record: { blurred: { unsafe: 0.75, threshold: 0.5 } },
    });
  });

  it("holds back what the gate refuses, and goes on with the next picture", async () => {
    const isFirst = ({ data }: Image) => `${data}` === `${plain.data}`;
    const [, , refused, , made] = await eventsOf({ ...quick, count: 2, gate: gate("refuse", isFirst) });
    expect(refused).toEqual({ kind: "refused", picture: 0, seed: 7, unsafe: 0.75 });
    expect(made).toMatchObject({ kind: "image", picture: 1, seed: 8 });
  });

  it("holds back what a refiner finishes", async () => {
    const refined = { ...quick, steps: 2, refiner: model, gate: gate("refuse") };
    expect((await eventsOf(refined)).at(-1)).toEqual({ kind: "refused", picture: 0, seed: 7, unsafe: 0.75 });
    const [{ record }] = (await model.generate({ ...refined, gate: gate("blur") })).images;
    expect(record).toMatchObject({ blurred: { unsafe: 0.75 }, refiner: {} });
  });

  it("writes the watermark last, into blurred pictures too", async () => {
    const options = { ...quick, width: 256, height: 256 };
    const [unmarked] = (await model.generate(options)).images;
    const [{ image, record }] = (await model.generate({ ...options, watermark: "noisette", gate: gate("blur") }))
      .images;
    const expected = embedWatermark(blurred(unmarked.image!), watermarkBits("noisette"));
    expect(Buffer.compare(image!.data, expected.data)).toBe(0);
    expect(findWatermark(image!)?.text).toBe("noisette");
    expect(record.options.watermark).toBe("noisette");
  });

  it("throws before the first step when a picture has no room for its watermark", async () => {
    const events: GenerateEvent[] = [];
    const run = async () => {
      for await (const event of model.generate({ ...quick, watermark: "noisette" })) events.push(event);
    };
    await expect(run()).rejects.toThrow("Cannot watermark a picture of 64×64 with 64 bits: it holds 0");
    expect(events.filter(({ kind }) => kind === "start" || kind === "step")).toEqual([]);
  });

  it("throws when latents are to be marked, or to pass the gate", () => {
    const latents = { ...quick, denoisingEnd: 0.5 };
    expect(() => model.generate({ ...latents, watermark: "x" })).toThrow(
      "Cannot generate with denoisingEnd and watermark together (one of them is wanted)",
    );
    expect(() => model.generate({ ...latents, gate: gate("blur") })).toThrow(
      "denoisingEnd and a content gate together",
    );
  });
});
