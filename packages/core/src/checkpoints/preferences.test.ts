import { describe, expect, it } from "vitest";
import { readPreferences } from "./preferences.ts";

const read = (entry: unknown) => readPreferences({ _noisette: entry }, "folder");

describe("readPreferences()", () => {
  it("readPreferences() gives what the entry says, and nothing when there is none", () => {
    const entry = { upscaler: "upscaler/x4.safetensors", steps: 20, guidanceScale: 3 };
    expect(read(entry)).toEqual(entry);
    expect(readPreferences({}, "folder")).toEqual({});
    expect(readPreferences(undefined, "folder")).toEqual({});
  });

  it.each([
    ["/etc/passwd", "upscaler"],
    ["../x.safetensors", "upscaler"],
    ["a/../../x.safetensors", "upscaler"],
    ["a\\x.safetensors", "upscaler"],
    ["", "upscaler"],
  ])("readPreferences() throws when the upscaler is %j, outside of the folder", (upscaler) => {
    expect(() => read({ upscaler })).toThrow(
      'Cannot read "folder": model_index.json has "_noisette.upscaler": a file within the folder is wanted',
    );
  });

  it("readPreferences() throws when there is something else than it knows", () => {
    expect(() => read({ steps: 0 })).toThrow('"_noisette.steps"');
    expect(() => read({ upscalers: "x" })).toThrow('unrecognized key: "upscalers"');
    expect(() => read([])).toThrow('"_noisette": expected object');
  });
});
