// Which model, and how to read its files: what a request, a command and a picture's record say of it.

import { z } from "zod";

/** Options that name a model and say how to read its files. */
export const checkpointOptions = z.strictObject({
  model: z
    .string()
    .min(1)
    .optional()
    .describe("Checkpoint file, diffusers folder or Hub id; else the environment's NOISETTE_MODEL"),
  revision: z.string().min(1).optional().describe("Branch, tag or commit of a Hub repository"),
  variant: z.string().min(1).optional().describe('Form of the weights where there are several, as "fp16"'),
  config: z.string().min(1).optional().describe("Diffusers folder whose configurations describe a single file"),
  vae: z.string().min(1).optional().describe("File or folder of another autoencoder"),
  family: z.enum(["sd1", "sd2", "sdxl", "sdxl-refiner"]).optional().describe("Family, where the file is misread"),
  prediction: z
    .enum(["epsilon", "v_prediction", "sample"])
    .optional()
    .describe("What the UNet predicts, where the file does not say"),
});
