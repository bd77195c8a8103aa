// What a model is called where its path would be too long.

/** The last part of a path or Hub id, without the ending of a weights file. */
export const modelName = (path: string): string =>
  path
    .split(/[\\/]/)
    .filter(Boolean)
    .at(-1)
    ?.replace(/\.(safetensors|ckpt|pt|bin)$/, "") ?? path;
