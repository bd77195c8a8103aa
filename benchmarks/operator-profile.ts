// Where the time of a graph goes, by ONNX operator: ONNX Runtime's own profile of a session in this process.

import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Graph } from "@noisette/core/graph/graph";
import { inputsOf } from "@noisette/core/graph/graph";
import { shareCommonValues } from "@noisette/core/graph/passes/share-common-values";
import { toOnnx } from "@noisette/core/graph/to-onnx";
import { evaluateDim } from "@noisette/core/graph/dim";
import { elementCount } from "@noisette/core/tensor/tensor";
import * as ort from "onnxruntime-node";

/** An operator's share of a run. */
export interface OperatorTime {
  readonly operator: string;
  readonly nodes: number;
  readonly ms: number;
}

/** Milliseconds by operator of one run of `graph`, which has no weights of a checkpoint, on the CPU; longest first. */
export async function operatorProfile(
  graph: Graph,
  sizes: Readonly<Record<string, number>>,
  threads: number,
): Promise<OperatorTime[]> {
  const folder = await mkdtemp(join(tmpdir(), "noisette-profile-"));
  const shared = shareCommonValues(graph);
  const locate = () => {
    throw new Error("Cannot profile a graph: it has weights of a checkpoint (inputs alone are wanted)");
  };
  const session = await ort.InferenceSession.create(toOnnx(shared, { target: "cpu", bindings: new Map(), locate }), {
    executionProviders: ["cpu"],
    graphOptimizationLevel: "disabled",
    logSeverityLevel: 3,
    intraOpNumThreads: threads,
    enableProfiling: true,
    profileFilePrefix: join(folder, "run"),
  });
  const feeds = Object.fromEntries(
    inputsOf(shared).map(({ name, dims }) => {
      const known = dims.map((dim) => evaluateDim(dim, sizes));
      const values = Float32Array.from({ length: elementCount(known) }, (_, i) => 0.1 + 0.05 * Math.sin(i * 1.7));
      return [name, new ort.Tensor("float32", values, known)];
    }),
  );
  const runs = 3;
  for (let run = 0; run < runs; run++) await session.run(feeds);
  session.endProfiling();
  const [file] = await readdir(folder);
  const events = JSON.parse(await readFile(join(folder, file), "utf8")) as ProfileEvent[];
  await rm(folder, { recursive: true });

  const kernels = events.filter(({ cat, name }) => cat === "Node" && name.endsWith("_kernel_time"));
  const last = kernels.slice(-Math.round(kernels.length / runs)); // warm
  const totals = new Map<string, OperatorTime>();
  for (const { args, dur } of last) {
    const operator = args.op_name ?? "?";
    const { nodes, ms } = totals.get(operator) ?? { nodes: 0, ms: 0 };
    totals.set(operator, { operator, nodes: nodes + 1, ms: ms + dur / 1000 });
  }
  return [...totals.values()].sort((a, b) => b.ms - a.ms);
}

interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  /** Microseconds. */
  readonly dur: number;
  readonly args: { readonly op_name?: string };
}
