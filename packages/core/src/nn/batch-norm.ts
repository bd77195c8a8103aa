// Batch normalization with running statistics (Ioffe and Szegedy 2015, arXiv 1502.03167), as torch's BatchNorm2d.

import { add, divide, multiply, sqrt, subtract } from "../graph/ops/elementwise.ts";
import { mean } from "../graph/ops/reduce.ts";
import { reshape } from "../graph/ops/shape.ts";
import { elements, scalar, stopGradient } from "../graph/ops/source.ts";
import { layer } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { known } from "./layers.ts";

/** Next values of running statistics, by parameter name: a network in training adds its own. */
export type StatisticsUpdates = Record<string, Value>;

/**
 * x [N,C,H,W] → [N,C,H,W], normalized per channel: by the batch's own mean and variance in training, which is when
 * there are `updates` for the running ones; by the running ones otherwise. Used twice on one `updates`, the second
 * batch follows the first, as two calls in torch do.
 */
export const batchNorm = layer(
  (
    p: Params,
    x: Value,
    {
      epsilon = 1e-5,
      momentum = 0.1,
      updates,
    }: { epsilon?: number; momentum?: number; updates?: StatisticsUpdates } = {},
  ): Value => {
    const channels = known(x, 1);
    const perChannel = (value: Value) => reshape(value, [1, channels, 1, 1]);
    const [weight, bias, runningMean, runningVariance] = ["weight", "bias", "running_mean", "running_var"].map((name) =>
      p.parameter(name, [channels]),
    );
    let [center, variance] = [runningMean, runningVariance];
    if (updates !== undefined) {
      center = mean(x, { axes: [0, 2, 3] });
      const deviation = subtract(x, perChannel(center));
      variance = mean(multiply(deviation, deviation), { axes: [0, 2, 3] });
      // The running variance is the unbiased one: n/(n − 1) of the batch's.
      const [n, , height, width] = x.dims;
      const count = elements([n, height, width]);
      const unbiased = multiply(variance, divide(count, subtract(count, scalar(1))));
      const blend = (name: string, before: Value, now: Value) => {
        const full = `${p.path}.${name}`;
        const kept = multiply(updates[full] ?? before, scalar(1 - momentum));
        updates[full] = add(kept, multiply(stopGradient(now), scalar(momentum)));
      };
      blend("running_mean", runningMean, center);
      blend("running_var", runningVariance, unbiased);
    }
    const scale = divide(weight, sqrt(add(variance, scalar(epsilon))));
    return add(multiply(subtract(x, perChannel(center)), perChannel(scale)), perChannel(bias));
  },
);
