// RePaint: DDIM or DDPM steps that go back up now and then, with fresh noise, and down again, so that what is painted into a picture comes
// to fit the region that is kept. A. Lugmayr et al., arXiv 2201.09865, algorithm 1 and appendix B. The known region is put in by the
// denoiser, as for any sampler (`beforeEvaluation` of runPlan).
import { lincomb } from "../../tensor/lincomb.ts";
import { ddimStep } from "./ddim.ts";
import type { Denoise, OptionsWith } from "./types.ts";

/** Order 1; about `jumpCount` evaluations per step; an ODE but for the jumps at η = 0, SDE above. */
export async function repaint(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  options: OptionsWith<"eta" | "clip" | "jumpLength" | "jumpCount">,
): Promise<Float32Array> {
  const { noise, onStep, jumpLength = 10, jumpCount = 10 } = options;
  const visits = visitedSteps(sigmas.length - 1, jumpLength, jumpCount);
  for (const [step, i] of visits.entries()) {
    const [sigma, next] = [sigmas[i], sigmas[i + 1]];
    const level = step > 0 ? sigmas[visits[step - 1] + 1] : sigma; // where x is
    if (sigma > level) x = lincomb([1, x], [Math.sqrt(sigma ** 2 - level ** 2), noise(level, sigma)]);
    const denoised = await denoise(x, sigma);
    await onStep?.({ step, steps: visits.length, sigma, x, denoised });
    x = ddimStep({ x, denoised, sigma, next }, { eta: 1, ...options });
  }
  return x;
}

// The steps in the order they are done: after every jumpLength-th one, counted from the end, jumpLength steps are gone back, jumpCount − 1
// times; not so near the start that there are none.
function visitedSteps(steps: number, jumpLength: number, jumpCount: number): number[] {
  const visits: number[] = [];
  for (let i = 0; i < steps; i++) {
    visits.push(i);
    const left = steps - 1 - i;
    if (left % jumpLength === 0 && left < steps - jumpLength) {
      for (let jump = 1; jump < jumpCount; jump++) {
        for (let k = i - jumpLength + 1; k <= i; k++) visits.push(k);
      }
    }
  }
  return visits;
}
