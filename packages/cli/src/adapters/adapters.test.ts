import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { namedInFull, readAdapterFolder } from "./adapter-folder.ts";
import { loraPresentations } from "./lora-flag.ts";

describe("loraPresentations", () => {
  it.each([
    ["paint:0.8", { name: "paint", weight: 0.8 }],
    ["people/anna v1.2:-1:.5", { name: "people/anna v1.2", weight: -1, textWeight: 0.5 }],
    ["C:\\loras\\a.safetensors:1", { name: "C:\\loras\\a.safetensors", weight: 1 }],
  ])("read() reads %j", (text, wanted) => {
    expect(loraPresentations.loras.read!(text)).toEqual([wanted]);
  });

  it.each(["paint", "C:\\a.pt", "paint,weight=0.5", '{"name":"paint:1"}'])(
    "read() leaves %j to the general form",
    (text) => expect(loraPresentations.loras.read!(text)).toBeUndefined(),
  );
});

describe("readAdapterFolder()", () => {
  it("opens a folder, and refuses one that is not there", async () => {
    const { adapters, inputs } = await readAdapterFolder(fixturePath("adapters"));
    expect(adapters).toBe(resolve(fixturePath("adapters")));
    expect(await inputs.adapters!.find("lora", "LORA_kohya")).toContain("lora_kohya.safetensors");
    expect(await readAdapterFolder(undefined)).toEqual({ inputs: {} });
    await expect(readAdapterFolder("/no/such")).rejects.toThrow(/^Cannot open adapters "\/no\/such": no such folder/);
  });
});

describe("namedInFull()", () => {
  it("resolves files and leaves names", () => {
    expect(namedInFull([{ name: "package.json", weight: 2 }, { name: "no such" }])).toEqual([
      { name: resolve("package.json"), weight: 2 },
      { name: "no such" },
    ]);
  });
});
