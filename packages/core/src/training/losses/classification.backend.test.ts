import { beforeAll, expect, it } from "vitest";
import { sharedEngine } from "../../../../../fixtures/shared-engine.ts";
import { gradients } from "../../autodiff/gradient.ts";
import { graphOf } from "../../graph/graph.ts";
import { input } from "../../graph/ops/source.ts";
import type { Engine } from "../../runtime/engine.ts";
import { evaluate } from "../../runtime/evaluate.ts";
import { classification } from "./classification.ts";

let engine: Engine;
beforeAll(async () => void (engine = await sharedEngine()));

it.each([0, 0.1])(
  "classification() is the cross-entropy, gradient included, when smoothing is %s",
  async (smoothing) => {
    const [rows, classes] = [3, 4];
    const scores = { dims: [rows, classes], data: Float32Array.from({ length: 12 }, (_, i) => Math.sin(7 * i)) };
    const own = { dims: [rows], data: BigInt64Array.of(2n, 0n, 3n) };
    const x = input("scores", scores.dims);
    const { loss, accuracy } = classification(x, input("own", [rows], "int64"), { smoothing });
    const [gradient] = gradients(loss, [x]);
    const out = await evaluate(engine, graphOf("loss", { loss, accuracy, gradient }), { scores, own });

    let [wantedLoss, right] = [0, 0];
    for (let n = 0; n < rows; n++) {
      const row = Array.from(scores.data.subarray(n * classes, (n + 1) * classes));
      const total = Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0));
      const target = row.map((_, k) => (k === Number(own.data[n]) ? 1 - smoothing : 0) + smoothing / classes);
      row.forEach((value, k) => {
        wantedLoss += (target[k] * (total - value)) / rows;
        // d/dx −Σ t·log softmax(x) = softmax(x) − t
        expect(out.gradient.data[n * classes + k]).toBeCloseTo((Math.exp(value - total) - target[k]) / rows, 6);
      });
      if (row.indexOf(Math.max(...row)) === Number(own.data[n])) right++;
    }
    expect(out.loss.data[0]).toBeCloseTo(wantedLoss, 5);
    expect(out.accuracy.data[0]).toBeCloseTo(right / rows, 6);
  },
);
