import { describe, expect, it } from "vitest";
import { showProgress, stepLine } from "./progress.ts";

const step = { kind: "step", picture: 0, step: 5, steps: 10, sigma: 1, stepMs: 1240, remainingMs: 29_000 } as const;

/** A stream that keeps what is written. */
function recorder(isTTY: boolean, columns = 80) {
  let text = "";
  return { stream: { isTTY, columns, write: (part: string) => ((text += part), true) } as never, text: () => text };
}

describe("stepLine()", () => {
  it("stepLine() tells the step, its pace, what is left and which picture when there are several", () => {
    expect(stepLine(step, { pictures: 1, finished: 0 })).toBe(
      "██████████░░░░░░░░░░ step 5/10, 1.24 s a step, 29.0 s left",
    );
    expect(stepLine(step, { pictures: 4, finished: 1 })).toBe(
      "████████░░░░░░░░░░░░ step 5/10, 1.24 s a step, 29.0 s left, picture 2 of 4",
    );
    expect(stepLine({ ...step, step: 10, remainingMs: 0 }, { pictures: 1, finished: 0 })).toContain("decoding");
  });
});

describe("showProgress()", () => {
  it("showProgress() writes a line at the start and for each picture when it is no terminal", () => {
    const { stream, text } = recorder(false);
    const progress = showProgress(stream);
    progress.loading("model");
    progress.event({ kind: "notice", text: "device auto took cpu" });
    progress.event({ kind: "start", pictures: 2, steps: 10, device: "cpu" });
    progress.event(step);
    progress.event({ kind: "image", picture: 0, seed: 7 } as never);
    progress.end();
    expect(text()).toMatch(
      /^note: device auto took cpu\n2 pictures of 10 steps on cpu\npicture 1 of 2: seed 7, \d+ ms\n$/,
    );
  });

  it("showProgress() rewrites one line and clears it when it is a terminal", () => {
    const { stream, text } = recorder(true, 30);
    const progress = showProgress(stream);
    progress.event(step);
    expect(text()).toBe("\r\u001b[K██████████░░░░░░░░░░ step 5/1");
    progress.end();
    progress.end();
    expect(text().endsWith("step 5/1\r\u001b[K")).toBe(true);
  });
});
