// The public surface of @noisette/core: what a program needs to make pictures. Everything else is importable by path,
// e.g. "@noisette/core/diffusion/samplers/euler".

export { load } from "./pipelines/model.ts";
export type { GenerateInputs, LoadModelOptions, Model } from "./pipelines/model.ts";
export { openTextlessModel } from "./pipelines/textless-model.ts";
export type { Generation } from "./pipelines/generation.ts";
export type { GenerateEvent, ImageEvent } from "./pipelines/events.ts";
export { generateJsonSchema, generateOptions } from "./pipelines/options.ts";
export type { GenerateOptions } from "./pipelines/options.ts";
export type { Control } from "./pipelines/control-options.ts";
export type { PictureRecord } from "./pipelines/record.ts";
export type { Image } from "./image/image.ts";
export { openCheckpoint } from "./checkpoints/open.ts";
export type { Checkpoint } from "./checkpoints/checkpoint.ts";
export { TorchGenerator } from "./util/rng/torch-generator.ts";
export { version } from "./util/version.ts";
