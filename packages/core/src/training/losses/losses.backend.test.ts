// The losses against latent diffusion's and torch's own, values and gradients.

import { beforeAll, describe, expect, it } from "vitest";
import { fixturePath, goldenFloats, goldenTensor, readGolden } from "../../../../../fixtures/read-golden.ts";
import { sharedEngine } from "../../../../../fixtures/shared-engine.ts";
import { gradients } from "../../autodiff/gradient.ts";
import { readWeights } from "../../checkpoints/weights-file.ts";
import { graphOf } from "../../graph/graph.ts";
import { add, divide, exp, multiply } from "../../graph/ops/elementwise.ts";
import { conv2d } from "../../graph/ops/convolution.ts";
import { sum } from "../../graph/ops/reduce.ts";
import { slice } from "../../graph/ops/shape.ts";
import { constant, input, scalar } from "../../graph/ops/source.ts";
import { parameters } from "../../graph/params.ts";
import type { Params } from "../../graph/params.ts";
import type { Value } from "../../graph/value.ts";
import { discriminator } from "../../models/discriminator.ts";
import { lpips } from "../../models/lpips.ts";
import type { Engine } from "../../runtime/engine.ts";
import { evaluate } from "../../runtime/evaluate.ts";
import type { StoredTensors } from "../../tensor/stored.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { discriminatorLosses, generatorLoss } from "./adversarial.ts";
import type { DiscriminatorLoss } from "./adversarial.ts";
import { contrast } from "./contrastive.ts";
import { minSnrWeights, signalToNoise } from "./diffusion.ts";
import { drawPosterior, klFromStandardNormal } from "./kl.ts";
import { adaptiveWeight, asSeen, reconstructionError, summedLikelihood } from "./reconstruction.ts";
import { alphasCumprod, betas } from "../../diffusion/betas.ts";

let engine: Engine;
beforeAll(async () => void (engine = await sharedEngine()));

/** The largest difference, relative to the largest golden value. */
const worst = (ours: Tensor, theirs: ArrayLike<number>) => {
  const scale = Math.max(...Array.from(theirs, Math.abs), 1e-6);
  return Math.max(...Array.from(theirs, (value, i) => Math.abs(value - ours.data[i]))) / scale;
};

describe("discriminatorLosses", () => {
  const golden = readGolden("train/gan_losses");
  it.each(["hinge", "vanilla"] as const)(
    "discriminatorLosses.%s() is taming-transformers', gradients included",
    async (name) => {
      const [real, fake] = ["in.real", "in.fake"].map((key) => goldenTensor(golden, key) as Tensor);
      const [a, b] = [input("real", real.dims), input("fake", fake.dims)];
      const loss = discriminatorLosses[name](a, b);
      const [gradReal, gradFake] = gradients(loss, [a, b]);
      const out = await evaluate(engine, graphOf("gan", { loss, gradReal, gradFake }), { real, fake });
      expect(worst(out.loss, goldenFloats(golden, `${name}.loss`))).toBeLessThan(1e-6);
      expect(worst(out.gradReal, goldenFloats(golden, `${name}.grad_real`))).toBeLessThan(1e-6);
      expect(worst(out.gradFake, goldenFloats(golden, `${name}.grad_fake`))).toBeLessThan(1e-6);
    },
  );
});

describe("minSnrWeights", () => {
  const golden = readGolden("train/min_snr");
  const timesteps = Array.from(goldenTensor(golden, "in.timesteps").data, Number);
  const snr = signalToNoise(alphasCumprod(betas()));
  it.each(["epsilon", "v_prediction", "sample"] as const)(
    "minSnrWeights.%s() is Hang et al.'s when γ is 5",
    (prediction) => {
      goldenFloats(golden, `weight.${prediction}`).forEach((expected, i) => {
        // √, product and quotient in float32 on their side
        expect(minSnrWeights[prediction](snr[timesteps[i]], 5) / expected).toBeCloseTo(1, 4);
      });
    },
  );
  it("minSnrWeights() stays finite when the last level is noise alone", () => {
    expect(minSnrWeights.epsilon(0, 5)).toBe(1);
    expect(minSnrWeights.v_prediction(0, 5)).toBe(0);
  });
});

describe("the autoencoder's losses", () => {
  const golden = readGolden("train/vae_gan_loss");
  const { variants } = golden.json as {
    variants: Record<
      string,
      { config: Record<string, number | string>; log_g: Record<string, number>; log_d: Record<string, number> }
    >;
  };
  const slices = [[4, 4], [6, 6], [8, 8], [8], [8]];
  const places = [[0, 2], [5, 7], [10, 12], [15], [18]];
  let tensors: StoredTensors;
  beforeAll(async () => {
    const stored = await readWeights(fixturePath("train/vae_gan_loss.safetensors"));
    tensors = new Map(
      [...stored.tensors].map(([name, tensor]) => [
        name
          .replace(/^lpips\.net\.slice(\d)\.conv(\d)/, (_, i, j) => `lpips.net.slice${Number(i) + 1}.${places[i][j]}`)
          .replace(/^lpips\.lin(\d)\./, "lpips.lin$1.model.1."),
        tensor,
      ]),
    );
  });

  function losses(p: Params, config: Record<string, number | string>) {
    const [image, features, moments] = ["image", "features", "moments"].map((name) =>
      input(name, goldenTensor(golden, `in.${name}`).dims),
    );
    const last = p.at("last_layer");
    const [weight, bias] = [last.parameter("weight", [3, 4, 3, 3]), last.parameter("bias", [3])];
    const rec = conv2d(features, weight, bias, { stride: 1, padding: [1, 1, 1, 1] });
    const perceptualWeight = config.perceptual_weight as number;
    const error = reconstructionError(image, rec, {
      distance: perceptualWeight > 0 ? lpips(p.at("lpips"), image, rec, slices) : undefined,
      perceptualWeight,
    });
    const logVariance = input("logvar", []);
    const likelihood = summedLikelihood(error, logVariance);
    const posterior = {
      mean: slice(moments, { axis: 1, start: 0, end: 4 }),
      logVariance: slice(moments, { axis: 1, start: 4, end: 8 }),
    };
    const kl = klFromStandardNormal(posterior);
    const judge = (picture: Value) =>
      discriminator(
        p.at("disc"),
        picture,
        { imageChannels: 3, features: 4, layers: 2, norm: "batch" },
        { updates: {} },
      );
    const [real, fake] = [judge(image), judge(rec)];
    const factor = 10 < (config.disc_start as number) ? 0 : 1;
    const adaptive = adaptiveWeight({ likelihood, generator: generatorLoss(fake), lastLayer: weight });
    const g = add(
      add(likelihood, multiply(divide(sum(kl), scalar(2)), scalar(config.kl_weight as number))),
      multiply(multiply(adaptive, scalar((config.disc_weight as number) * factor)), generatorLoss(fake)),
    );
    const kind = (config.disc_loss ?? "hinge") as DiscriminatorLoss;
    const d = multiply(discriminatorLosses[kind](real, fake), scalar(factor));
    return { g, d, adaptive, likelihood, kl, weight, bias, logVariance, moments, rec };
  }

  it.each(Object.entries(variants))(
    "adaptiveWeight() and the others are LPIPSWithDiscriminator's: %s",
    async (name, { config, log_g }) => {
      const p = parameters();
      const { g, d, adaptive, likelihood, kl, rec, ...wrt } = losses(p, config);
      const wanted = [wrt.weight, wrt.bias, wrt.logVariance, wrt.moments];
      const [weight, bias, logvar, moments] = gradients(g, wanted);
      const [judge] = gradients(d, [p.at("disc", "main", 0).parameter("weight", [4, 3, 4, 4])]);
      const feeds = {
        ...Object.fromEntries(
          ["image", "features", "moments"].map((key) => [key, goldenTensor(golden, `in.${key}`) as Tensor]),
        ),
        logvar: { dims: [], data: Float32Array.of((config.logvar_init as number) ?? 0) },
      };
      const outputs = {
        g,
        d,
        adaptive,
        likelihood,
        kl,
        rec,
        weight,
        bias,
        toLogvar: logvar,
        toMoments: moments,
        judge,
      };
      const out = await evaluate(engine, graphOf("loss", outputs), feeds, { tensors });
      expect(worst(out.rec, goldenFloats(golden, "rec"))).toBeLessThan(1e-5);
      expect(worst(out.kl, goldenFloats(golden, "posterior.kl"))).toBeLessThan(1e-5);
      expect(out.likelihood.data[0] / log_g["train/nll_loss"]).toBeCloseTo(1, 5);
      // The logged weight is |∇nll|/(|∇g| + 10⁻⁴) times disc_weight.
      expect((out.adaptive.data[0] * (config.disc_weight as number)) / log_g["train/d_weight"]).toBeCloseTo(1, 3);
      expect(worst(out.g, goldenFloats(golden, `${name}.g.loss`))).toBeLessThan(1e-4);
      expect(worst(out.d, goldenFloats(golden, `${name}.d.loss`))).toBeLessThan(1e-4);
      expect(worst(out.weight, goldenFloats(golden, `${name}.g.grad_last_weight`))).toBeLessThan(1e-4);
      expect(worst(out.bias, goldenFloats(golden, `${name}.g.grad_last_bias`))).toBeLessThan(1e-4);
      expect(worst(out.toLogvar, goldenFloats(golden, `${name}.g.grad_logvar`))).toBeLessThan(1e-4);
      expect(worst(out.toMoments, goldenFloats(golden, `${name}.g.grad_moments`))).toBeLessThan(1e-4);
      if (name !== "before_start")
        expect(worst(out.judge, goldenFloats(golden, `${name}.d.grad.main.0.weight`))).toBeLessThan(1e-4);
    },
  );

  it("drawPosterior() is μ + σ·noise", async () => {
    const moments = goldenTensor(golden, "in.moments") as Tensor;
    const x = input("moments", moments.dims);
    const half = (start: number) => slice(x, { axis: 1, start, end: start + 4 });
    const ones = constant(new Float32Array(128).fill(1), [2, 4, 4, 4]);
    const drawn = drawPosterior({ mean: half(0), logVariance: half(4) }, ones);
    const deviation = add(drawn, multiply(half(0), scalar(-1)));
    const { std } = await evaluate(engine, graphOf("std", { std: deviation }), { moments });
    expect(worst(std, goldenFloats(golden, "posterior.std"))).toBeLessThan(1e-5);
  });

  it("asSeen() does not look at colours that are not seen", async () => {
    const pixels = { dims: [1, 4, 1, 2], data: Float32Array.of(0.5, 0.5, 0.1, 0.1, -0.2, -0.2, -1, 1) };
    const seen = asSeen(input("x", [1, 4, 1, 2]), constant([0.9, 0.8, 0.7], [1, 3, 1, 1]));
    const { y } = await evaluate(engine, graphOf("seen", { y: seen }), { x: pixels });
    const expected = [0.9, 0.5, 0.8, 0.1, 0.7, -0.2, -1, 1];
    expected.forEach((value, i) => expect(y.data[i]).toBeCloseTo(value, 6));
  });
});

describe("contrast()", () => {
  it("contrast() is ln N when embeddings tell nothing apart, and its gradient is the closed form when they do", async () => {
    const same = constant(new Float32Array(12).fill(1), [4, 3]);
    const nothing = contrast(same, same, scalar(0));
    const eye = constant([1, 0, 0, 1], [2, 2]);
    const scale = input("scale", []);
    const apart = contrast(eye, eye, scale);
    const [slope] = gradients(apart.loss, [scale]);
    const graph = graphOf("contrast", {
      nothing: nothing.loss,
      apart: apart.loss,
      slope,
      accuracy: apart.accuracy,
      s: exp(scale),
    });
    const out = await evaluate(engine, graph, { scale: { dims: [], data: Float32Array.of(1) } });
    expect(out.nothing.data[0]).toBeCloseTo(Math.log(4), 5);
    const s = Math.E;
    expect(out.apart.data[0]).toBeCloseTo(Math.log(1 + Math.exp(-s)), 5); // −ln(eˢ/(eˢ + 1))
    expect(out.slope.data[0]).toBeCloseTo(-s / (1 + Math.exp(s)), 5);
    expect(out.accuracy.data[0]).toBe(1);
  });
});
