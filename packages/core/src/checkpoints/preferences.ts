// What a folder in diffusers layout may say beside what is published: the entry "_noisette" of its model_index.json. diffusers
// leaves entries that begin with "_" alone, so that the folder is a model for it too.
//
//   "_noisette": { "upscaler": "upscaler/realesr-animevideov3-x4.safetensors", "steps": 20, "guidanceScale": 3 }

import { z } from "zod";

const schema = z.strictObject({
  /** File within the folder of an ESRGAN or Real-ESRGAN network that enlarges the model's pictures. */
  upscaler: z
    .string()
    .regex(/^(?!.*(^|\/)\.\.?(\/|$))[\w.-]+(\/[\w.-]+)*$/, "a file within the folder is wanted")
    .optional(),
  /** Steps where the caller names no number. */
  steps: z.int().min(1).max(1000).optional(),
  /** Guidance where the caller names no scale. */
  guidanceScale: z.number().min(0).max(100).optional(),
});

/** What a model's folder asks for. */
export type Preferences = z.output<typeof schema>;

/** The entry's name. */
export const preferencesKey = "_noisette";

/** The preferences in `modelIndex`; none where it has no such entry. `source` is for the message of the Error on others. */
export function readPreferences(
  modelIndex: Readonly<Record<string, unknown>> | undefined,
  source: string,
): Preferences {
  const { data, error } = schema.safeParse(modelIndex?.[preferencesKey] ?? {});
  if (error === undefined) return data;
  const [{ path, message }] = error.issues;
  throw new Error(
    `Cannot read "${source}": model_index.json has "${[preferencesKey, ...path].join(".")}": ${message.toLowerCase().replace(/^invalid input: /, "")}`,
    { cause: error },
  );
}
