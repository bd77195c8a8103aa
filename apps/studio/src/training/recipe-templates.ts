// Recipes to begin with: small networks that a plain machine trains in hours, for people to change.

/** A recipe as it is sent. */
export type WrittenRecipe = Readonly<Record<string, unknown>>;

const ofRuns = {
  seed: 0,
  batchSize: 16,
  learningRate: 0.0005,
  schedule: { kind: "cosine", warmup: 100 },
  clipNorm: 1,
  ema: { decay: 0.999 },
  every: { log: 10, validate: 200, sample: 200, checkpoint: 200 },
} as const;

/** The templates by id: `data` is the data set's name. */
export const recipeTemplates = {
  pixels: (data: string): WrittenRecipe => ({
    trainer: "diffusion",
    name: data,
    data: { path: data, flip: true },
    size: 32,
    unet: { features: [32, 64, 64], attention: [false, false, true], resnets: 1, headWidth: 16, groups: 8 },
    diffusion: { prediction: "v_prediction" },
    samples: { count: 16, steps: 20 },
    steps: 2000,
    ...ofRuns,
  }),
  autoencoder: (data: string): WrittenRecipe => ({
    trainer: "autoencoder",
    name: `${data} autoencoder`,
    data: { path: data, flip: true },
    size: 64,
    autoencoder: { latentChannels: 4, features: [16, 32, 64], resnets: 1, groups: 4 },
    regularization: { kind: "kl", weight: 1e-4 },
    steps: 2000,
    ...ofRuns,
  }),
  latents: (data: string): WrittenRecipe => ({
    trainer: "diffusion",
    name: `${data} latents`,
    data: { path: data },
    size: 64,
    autoencoder: "run:",
    unet: { features: [64, 128], attention: [true, true], resnets: 1, headWidth: 16, groups: 8 },
    diffusion: { prediction: "v_prediction" },
    samples: { count: 16, steps: 20 },
    steps: 4000,
    ...ofRuns,
  }),
} as const;

/** A template's id. */
export type TemplateId = keyof typeof recipeTemplates;

/** A recipe as people read it: short lists and objects stay on one line. */
export const recipeText = (recipe: WrittenRecipe): string =>
  JSON.stringify(recipe, null, 2).replaceAll(/[[{]\n([^[\]{}]*)\n\s*[\]}]/g, (block) => {
    const line = block.replaceAll(/\s*\n\s*/g, " ");
    const isList = block.startsWith("[");
    const tidy = isList ? line.replace("[ ", "[").replace(" ]", "]") : line;
    return tidy.length <= longestLine ? tidy : block;
  });

const longestLine = 100;
