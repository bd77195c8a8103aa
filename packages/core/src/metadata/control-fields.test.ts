import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { generateOptions } from "../pipelines/options.ts";
import { controlFields, readControlField } from "./control-fields.ts";

const written = (...controls: object[]) => controlFields(generateOptions.parse({ prompt: "", controls }));

describe("controlFields()", () => {
  it("controlFields() writes a field for each control when there are several, in the extension's words", () => {
    const path = "/models/control_v11p_sd15_canny.safetensors";
    expect(
      written({ path, weight: 0.8, end: 0.6, mode: "prompt", fit: "fill", annotator: "canny" }, { path: "tile/" }),
    ).toEqual({
      "ControlNet 0":
        "Module: canny, Model: control_v11p_sd15_canny, Weight: 0.8, Resize Mode: Resize and Fill, Threshold A: 100, Threshold B: 200, Guidance Start: 0, Guidance End: 0.6, Pixel Perfect: True, Control Mode: My prompt is more important",
      "ControlNet 1":
        "Module: none, Model: tile, Weight: 1, Resize Mode: Crop and Resize, Guidance Start: 0, Guidance End: 1, Pixel Perfect: False, Control Mode: Balanced",
    });
  });

  it("controlFields() writes IP-Adapters as further units when there are some", () => {
    const controls = [{ path: "tile.pth" }];
    const ipAdapters = [{ path: "models/ip-adapter-plus_sd15.bin", weight: 0.6, end: 0.5 }];
    const fields = controlFields(generateOptions.parse({ prompt: "", controls, ipAdapters }));
    expect(Object.keys(fields)).toEqual(["ControlNet 0", "ControlNet 1"]);
    expect(fields["ControlNet 1"]).toBe(
      "Module: ip-adapter-auto, Model: ip-adapter-plus_sd15, Weight: 0.6, Resize Mode: Crop and Resize, Guidance Start: 0, Guidance End: 0.5, Pixel Perfect: False, Control Mode: Balanced",
    );
    expect(readControlField(fields["ControlNet 1"])).toEqual({
      ipAdapter: { name: "ip-adapter-plus_sd15", weight: 0.6, start: 0, end: 0.5 },
      notReproduced: [],
    });
  });

  it("controlFields() is nothing when there are no controls", () => {
    expect(controlFields({})).toEqual({});
  });
});

describe("readControlField()", () => {
  it("readControlField() reads what sd-webui-controlnet writes", () => {
    const field =
      "Module: canny, Model: control_v11p_sd15_canny [d14c016b], Weight: 0.5, Resize Mode: Crop and Resize, Low Vram: False, Processor Res: 512, Threshold A: 50, Threshold B: 150, Guidance Start: 0.1, Guidance End: 0.8, Pixel Perfect: True, Control Mode: ControlNet is more important, Hr Option: Both, Save Detected Map: True";
    expect(readControlField(field)).toEqual({
      control: {
        name: "control_v11p_sd15_canny",
        weight: 0.5,
        start: 0.1,
        end: 0.8,
        fit: "crop",
        mode: "control",
        annotator: "canny",
        annotatorOptions: { low: 50, high: 150 },
      },
      notReproduced: [],
    });
  });

  it("readControlField() tells IP-Adapters from controls when the extension wrote them", () => {
    const field =
      "Module: ip-adapter-auto, Model: ip-adapter_sdxl [d5d53548], Weight: 0.7, Resize Mode: Crop and Resize, Low Vram: False, Processor Res: 512, Threshold A: 0.5, Threshold B: 0.5, Guidance Start: 0, Guidance End: 1, Pixel Perfect: False, Control Mode: Balanced, Hr Option: Both, Save Detected Map: True";
    expect(readControlField(field)).toEqual({
      ipAdapter: { name: "ip-adapter_sdxl", weight: 0.7, start: 0, end: 1 },
      notReproduced: [],
    });
  });

  it("readControlField() reads the names of before, and tells a module that is not here", () => {
    const field =
      "preprocessor: depth_midas, model: control_v11f1p_sd15_depth [cfd03158], weight: 0.95, starting/ending: (0.07, 0.93), resize mode: Just Resize, pixel perfect: True, control mode: Balanced, preprocessor params: (512, 100, 200)";
    expect(readControlField(field)).toEqual({
      control: {
        name: "control_v11f1p_sd15_depth",
        weight: 0.95,
        start: 0.07,
        end: 0.93,
        fit: "stretch",
        mode: "balanced",
      },
      notReproduced: ["ControlNet module: depth_midas"],
    });
  });

  it("readControlField() knows annotators by their names in the extension", () => {
    for (const [module, annotator] of [
      ["tile_resample", "tile"],
      ["invert (from white bg & black line)", "invert"],
      ["none", "none"],
    ])
      expect(readControlField(`Module: ${module}, Model: x`)?.control?.annotator).toBe(annotator);
  });

  it("readControlField() gives back what controlFields() wrote", () => {
    const option = fc.record({
      path: fc.constantFrom("a.safetensors", "models/b c", "d.pth"),
      weight: fc.double({ min: -2, max: 2, noNaN: true }).map((value) => Number(value.toFixed(3))),
      start: fc.constantFrom(0, 0.25),
      end: fc.constantFrom(0.5, 1),
      mode: fc.constantFrom("balanced", "prompt", "control"),
      fit: fc.constantFrom("stretch", "crop", "fill"),
      annotator: fc.constantFrom("none", "canny", "tile", "invert", "color", "shuffle"),
    });
    fc.assert(
      fc.property(option, ({ path, ...settings }) => {
        const { control } = readControlField(written({ path, ...settings })["ControlNet 0"])!;
        expect(control).toMatchObject(settings.weight === 0 ? { ...settings, weight: expect.closeTo(0) } : settings);
      }),
    );
  });

  it("readControlField() says nothing of texts that are no such list, and never throws", () => {
    expect(readControlField("True")).toBeUndefined();
    fc.assert(fc.property(fc.string(), (text) => void readControlField(text)));
    fc.assert(fc.property(fc.string(), (text) => void readControlField(`Module: ${text}, starting/ending: (${text}`)));
  });
});
