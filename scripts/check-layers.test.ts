import { describe, expect, it } from "vitest";
import { checkLayers, layers } from "./check-layers.ts";

const findings = (path: string, ...specifiers: string[]) =>
  checkLayers([{ path, text: specifiers.map((name) => `import "${name}";`).join("\n") }]);

describe("checkLayers()", () => {
  it("checkLayers() finds nothing when imports go to the same folder or down the list", () => {
    expect(
      findings(
        "packages/core/src/graph/to-onnx.ts",
        "./value.ts",
        "../onnx/model.ts",
        "../util/half.ts",
        "#platform",
        "onnx-proto",
      ),
    ).toEqual([]);
  });

  it("checkLayers() names both files and the rule when an import goes up", () => {
    const [finding] = findings("packages/core/src/tensor/tensor.ts", "../graph/value.ts");
    expect(finding).toContain('packages/core/src/tensor/tensor.ts:1 imports "../graph/value.ts"');
    expect(finding).toContain('"graph/value.ts" is in a later layer than tensor');
    expect(finding).toContain("tensor → image → diffusion");
  });

  it.each(layers.slice(1).map((layer, i) => ({ layer, below: layers[i] })))(
    "checkLayers() lets $layer import $below but not the other way when they are neighbours",
    ({ layer, below }) => {
      expect(findings(`packages/core/src/${layer}/a.ts`, `../${below}/b.ts`)).toEqual([]);
      expect(findings(`packages/core/src/${below}/a.ts`, `../${layer}/b.ts`)).toHaveLength(1);
    },
  );

  it("checkLayers() refuses the machine when a file below platform asks for it", () => {
    expect(findings("packages/core/src/util/half.ts", "#platform")).toHaveLength(1);
  });

  it("checkLayers() keeps node:* to its files when any other imports it, with or without the prefix", () => {
    expect(findings("packages/core/src/platform/node.ts", "node:fs")).toEqual([]);
    expect(findings("packages/core/src/runtime/ort-node.ts", "node:worker_threads")).toEqual([]);
    expect(findings("packages/core/src/runtime/ort-node-process.ts", "node:child_process")).toEqual([]);
    expect(findings("packages/core/src/safetensors/read.test.ts", "node:fs")).toEqual([]);
    expect(findings("packages/core/src/safetensors/read.ts", "node:fs", "fs/promises")).toHaveLength(2);
    expect(findings("packages/cli/src/noisette.ts", "node:fs")).toEqual([]);
  });

  it("checkLayers() keeps ONNX Runtime to runtime/ when another folder imports it", () => {
    expect(findings("packages/core/src/runtime/ort-web.ts", "onnxruntime-web")).toEqual([]);
    expect(findings("packages/core/src/graph/run.ts", "onnxruntime-web")).toHaveLength(1);
    expect(findings("packages/core/src/graph/run.backend.test.ts", "onnxruntime-node")).toHaveLength(1);
  });

  it("checkLayers() lets tests and index.ts import any layer when others may not", () => {
    expect(
      findings(
        "packages/core/src/graph/run.backend.test.ts",
        "../runtime/session.ts",
        "../../../../fixtures/read-golden.ts",
      ),
    ).toEqual([]);
    expect(findings("packages/core/src/index.ts", "./pipelines/generate.ts")).toEqual([]);
    expect(
      findings("packages/core/src/pipelines/generate.ts", "../index.ts", "../../../../fixtures/read-golden.ts"),
    ).toHaveLength(2);
  });

  it("checkLayers() asks for a place in the list when a folder has none", () => {
    expect(findings("packages/core/src/cellar/a.ts", "../util/half.ts")[0]).toContain('"cellar" is no layer');
    expect(findings("packages/core/src/graph/a.ts", "../cellar/b.ts")[0]).toContain("is in no layer");
  });

  it("checkLayers() keeps packages in order when one imports another", () => {
    expect(findings("packages/cli/src/noisette.ts", "@noisette/core", "@noisette/server/client")).toEqual([]);
    expect(findings("packages/core/src/util/half.ts", "noisette")[0]).toContain("core may not import cli");
    expect(findings("packages/core/src/util/half.ts", "@noisette/core/tensor/tensor")[0]).toContain("by relative path");
    expect(findings("packages/cli/src/noisette.ts", "../../core/src/index.ts")[0]).toContain("outside the package");
  });
});
