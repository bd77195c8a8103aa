import { describe, expect, it, test } from "vitest";
import { goldenFloats, readGolden } from "../../../../../fixtures/read-golden.ts";
import { toyDenoiser } from "../../../../../fixtures/toy-denoiser.ts";
import { TorchGenerator } from "../../util/rng/torch-generator.ts";
import { brownianNoise } from "../brownian.ts";
import { sigmasKarras } from "../schedules/karras.ts";
import { type SamplerId, samplerTable } from "./index.ts";
import type { Denoise, SamplerSettings } from "./types.ts";

// A mixture of Gaussians, on which no two methods agree by chance.
const toy = readGolden("samplers/k_diffusion/_toy");
const x0hat = toyDenoiser(toy);
const mixture: Denoise = async (x, sigma) => x0hat(x, 1, sigma ** 2);
const start = goldenFloats(toy, "in.x_init");
const range = { sigmaMin: 0.03, sigmaMax: 14.6 };
const sigmas = [...sigmasKarras(8, range), 0];

function run(id: SamplerId, settings: SamplerSettings = {}, denoise = mixture): Promise<Float32Array> {
  const generator = new TorchGenerator(5);
  return samplerTable[id].sample(denoise, start, sigmas, {
    ...settings,
    noise: () => generator.randn(start.length),
  });
}
const distance = (a: Float32Array, b: Float32Array) => Math.max(...a.map((value, i) => Math.abs(value - b[i])));

type Run = readonly [id: SamplerId, settings?: SamplerSettings];

describe("samplers", () => {
  // Every line is a theorem of the papers the rows cite.
  const same: readonly (readonly [Run, Run])[] = [
    [["euler_cfg_pp"], ["euler"]],
    [["euler_ancestral_cfg_pp"], ["euler_ancestral"]],
    [
      ["ddim_cfg_pp", { eta: 0.5 }],
      ["ddim", { eta: 0.5 }],
    ],
    [["dpmpp_2s_ancestral_cfg_pp"], ["dpmpp_2s_ancestral"]],
    [["dpmpp_2m_cfg_pp"], ["dpmpp_2m"]],
    [["res_multistep_cfg_pp"], ["res_multistep"]],
    [["res_multistep_ancestral_cfg_pp"], ["res_multistep_ancestral"]],
    [["gradient_estimation_cfg_pp"], ["gradient_estimation"]],
    [["gradient_estimation", { gamma: 1 }], ["euler"]],
    [["ddim"], ["euler"]],
    [["tcd", { eta: 0 }], ["euler"]],
    [["tcd", { eta: 1 }], ["lcm"]],
    [["consistency", { floor: 0 }], ["lcm"]],
    [["deis", { order: 1 }], ["euler"]],
    [["ipndm", { order: 1 }], ["euler"]],
    [["dpmpp_2s", { orders: Array(8).fill(1) }], ["euler"]],
    [["dpm_singlestep", { order: 1 }], ["euler"]],
    [
      ["repaint", { eta: 0.3, jumpCount: 1 }],
      ["ddim", { eta: 0.3 }],
    ],
    [["restart", { restarts: 0 }], ["heun"]],
    [["res_multistep"], ["dpmpp_2m", { solverType: "heun" }]],
    [["res_2s"], ["seeds_2", { eta: 0, solverType: "heun" }]],
    [
      ["seeds_2", { eta: 0 }],
      ["dpmpp_2s_ancestral", { eta: 0 }],
    ],
    [
      ["seeds_2", { eta: 0 }],
      ["dpmpp_sde", { eta: 0 }],
    ],
    [["exp_heun_2_x0"], ["exp_heun_2_x0_sde", { eta: 0 }]],
    [["ipndm_v"], ["lms"]],
  ];
  test.each(same)("%j is %j", async (one, other) => {
    expect(distance(await run(...one), await run(...other))).toBeLessThan(2e-4);
  });

  // Those of the order 2 and more are not Euler's method in disguise.
  test.each(["deis", "seeds_3", "sa_solver", "er_sde", "dpm_fast", "heunpp2", "dpmpp_3s"] as const)(
    "%s is another method than euler",
    async (id) => {
      const settings = samplerTable[id].settings.includes("eta") ? { eta: 0 } : {};
      expect(distance(await run(id, settings), await run("euler"))).toBeGreaterThan(0.01);
    },
  );

  const guided: readonly SamplerId[] = (Object.keys(samplerTable) as SamplerId[]).filter(
    (id) => samplerTable[id].usesUnconditional,
  );
  test.each(guided)(
    "%s follows the unconditional estimate between the steps, and ends at the guided one",
    async (id) => {
      let last = start;
      const denoise: Denoise = async (x, sigma) => {
        last = await mixture(x, sigma);
        return last.map((value) => value * 1.5);
      };
      const settings = { ...(samplerTable[id].settings.includes("eta") ? { eta: 0 } : {}), unconditional: () => last };
      const result = await run(id, settings, denoise);
      const guidedEstimate = last.map((value) => value * 1.5);
      expect(distance(result, await run(id, { ...settings, unconditional: undefined }, denoise))).toBeGreaterThan(0.01);
      expect(distance(result, guidedEstimate)).toBeLessThan(1e-5);
    },
  );

  it("euler_cfg_pp and its second-order kin take the published steps", async () => {
    // One element, constant estimates D = 2 and D_u = 1: x' = D + σ'/σ·(x − D_u), and D₋₁ adds c/r·(D − D_u,₋₁).
    const one = async (id: SamplerId, levels: number[], settings: SamplerSettings = {}) =>
      (
        await samplerTable[id].sample(async () => Float32Array.of(2), Float32Array.of(5), levels, {
          noise: () => Float32Array.of(0),
          unconditional: () => Float32Array.of(1),
          ...settings,
        })
      )[0];
    expect(await one("euler_cfg_pp", [4, 2])).toBeCloseTo(2 + (5 - 1) / 2, 6);
    expect(await one("dpmpp_2s_ancestral_cfg_pp", [4, 1], { eta: 0 })).toBeCloseTo(2 + (5 - 1) / 4, 6);
    const second = 2 + (4 - 1) / 2; // from x = 4 at σ = 2 to σ = 1, Euler's part
    expect(await one("dpmpp_2m_cfg_pp", [4, 2, 1])).toBeCloseTo(second + (1 - 1 / 2) / 2, 6);
    const h = Math.LN2;
    expect(await one("res_multistep_cfg_pp", [4, 2, 1])).toBeCloseTo(second + 1 - (1 - 1 / 2) / h, 6);
  });

  const onPaths = (Object.keys(samplerTable) as SamplerId[]).filter(
    (id) => samplerTable[id].brownian && samplerTable[id].kind === "sde",
  );
  test.each(onPaths)("%s makes the same picture at other numbers of steps along one Brownian path", async (id) => {
    const length = 64;
    const s = 0.7;
    const gaussian: Denoise = async (x, sigma) => x.map((value) => (value * s ** 2) / (s ** 2 + sigma ** 2));
    const x = new TorchGenerator(3).randn(length).map((z) => z * range.sigmaMax);
    const picture = (steps: number, brownian: boolean) => {
      const generator = new TorchGenerator(4);
      const path = brownianNoise({ ...range, seed: 4, length });
      const noise = brownian ? path : () => generator.randn(length);
      return samplerTable[id].sample(gaussian, x, [...sigmasKarras(steps, range), 0], { noise });
    };
    const rms = (a: Float32Array, b: Float32Array) =>
      Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / length);
    const along = rms(await picture(40, true), await picture(60, true));
    const apart = rms(await picture(40, false), await picture(60, false));
    expect(along).toBeLessThan(apart / 3);
  });
});
