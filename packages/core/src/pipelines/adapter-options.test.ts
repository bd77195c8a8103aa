import { describe, expect, it } from "vitest";
import { stepAt, strengthOf, unetWeight } from "./adapter-options.ts";

const weights = (strength: Parameters<typeof strengthOf>[0], steps: number) =>
  Array.from({ length: steps }, (_, step) => unetWeight(strengthOf(strength), { step, steps }));

describe("unetWeight()", () => {
  it.each([
    [{}, [1, 1, 1, 1]],
    [{ weight: -0.5 }, [-0.5, -0.5, -0.5, -0.5]],
    [{ weight: [[0, 0], [1, 1]] }, [0, 0.25, 0.5, 0.75]], // prettier-ignore
    // Points may be steps, and stand in any order.
    [{ weight: [[3, 0], [0, 1.5]] }, [1.5, 1, 0.5, 0]], // prettier-ignore
    [{ weight: [[0.5, 2]] }, [2, 2, 2, 2]],
    [{ weight: [[0.25, 0], [0.25, 1]] }, [0, 1, 1, 1]], // prettier-ignore
    [{ start: 0.5 }, [0, 0, 1, 1]],
    [{ end: 0.5 }, [1, 1, 0, 0]],
    [{ start: 0.25, end: 3 }, [0, 1, 1, 0]],
    [{ start: 0.3, end: 0.8 }, [0, 0, 1, 0]],
    [{ start: 1 }, [0, 0, 0, 0]],
    [{ end: 0 }, [0, 0, 0, 0]],
  ] as const)("of %j over four steps", (strength, wanted) => {
    expect(weights(strength as never, 4)).toEqual(wanted);
  });

  it("strengthOf() gives the text encoder the UNet's weight at the first step, if it has none of its own", () => {
    expect(strengthOf({}).textWeight).toBe(1);
    expect(strengthOf({ weight: [[0, 0.25], [1, 1]] }).textWeight).toBe(0.25); // prettier-ignore
    expect(strengthOf({ weight: 0.5, textWeight: 2 }).textWeight).toBe(2);
  });
});

describe("stepAt()", () => {
  it("gives the step that a noise level belongs to, also between two and at both ends", () => {
    const sigmas = [10, 5, 2, 0];
    const steps = [12, 10, 9, 5, 5 - 1e-8, 3, 2, 1, 0].map((sigma) => stepAt(sigma, sigmas).step);
    expect(steps).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2]);
    expect(stepAt(1, sigmas).steps).toBe(3);
  });
});
