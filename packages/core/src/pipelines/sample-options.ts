// What a caller can ask of a model that takes no text.

import { z } from "zod";
import { generateOptions } from "./options.ts";

/** The options of one run that can be written down. */
export const sampleOptions = z.strictObject({
  classes: z
    .array(z.int().min(0))
    .min(1)
    .optional()
    .describe("Numbers of the classes to make pictures of, for a model with classes"),
  count: generateOptions.shape.count.describe("Pictures; of each class where the model has classes"),
  ...generateOptions.pick({
    seed: true,
    steps: true,
    sampler: true,
    schedule: true,
    scheduleSettings: true,
    eta: true,
    noise: true,
    scheduler: true,
    timesteps: true,
    sigmas: true,
    discardPenultimate: true,
  }).shape,
  clippedNoise: z
    .boolean()
    .optional()
    .describe("DDIM as the checkpoint has it: take the noise of the clipped estimate (use_clipped_model_output)"),
  guidanceScale: z
    .number()
    .min(0)
    .max(100)
    .default(1)
    .describe(
      "How strongly to follow the class, away from the model's last one, which has to have been learnt as none; 1 turns it off",
    ),
  ...generateOptions.pick({ rng: true, seeding: true }).shape,
  batchSize: z
    .int()
    .min(1)
    .max(4096)
    .default(1)
    .describe(
      "Pictures that go through the network at once: faster where they are small, and not the same to the last bit",
    ),
});

/** What a caller writes. */
export type SampleOptions = z.input<typeof sampleOptions>;
/** The same with every default filled in that does not depend on the model. */
export type ResolvedSampleOptions = z.output<typeof sampleOptions>;

/** `options`, checked. Throws RangeError that names the option, what it is and what is wanted. */
export function parseSampleOptions(options: unknown): ResolvedSampleOptions {
  const result = sampleOptions.safeParse(options);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.length === 0 ? "options" : path.join(".")}: ${message}`,
  );
  throw new RangeError(`Cannot sample: ${problems.join("; ")}`, { cause: result.error });
}
