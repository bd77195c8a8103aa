// The judge as a function of its loss.

import { symbol } from "../../graph/dim.ts";
import { add, multiply } from "../../graph/ops/elementwise.ts";
import { input, scalar } from "../../graph/ops/source.ts";
import { judge } from "../../models/judge.ts";
import type { JudgeConfig } from "../../models/judge.ts";
import { classification } from "../losses/classification.ts";
import type { TrainingProgram } from "../session.ts";

/** Inputs: `image` [N,C,S,S] in [-1,1], and its classes `concept` and `style` [N]. */
export function judgeProgram(
  config: JudgeConfig,
  { styleWeight, smoothing }: { styleWeight: number; smoothing: number },
): TrainingProgram {
  return {
    name: "judge",
    build(p) {
      const n = symbol("batch");
      const image = input("image", [n, config.imageChannels, config.imageSize, config.imageSize]);
      const { concepts, styles } = judge(p, image, config);
      const concept = classification(concepts, input("concept", [n], "int64"), { smoothing });
      const style = classification(styles, input("style", [n], "int64"), { smoothing });
      const loss = add(concept.loss, multiply(style.loss, scalar(styleWeight)));
      return {
        objectives: [{ name: "classes", loss, trains: () => true }],
        metrics: { conceptAccuracy: concept.accuracy, styleAccuracy: style.accuracy },
      };
    },
  };
}
