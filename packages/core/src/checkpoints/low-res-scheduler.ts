// The noise that Stable Diffusion's ×4 upscaler lays over the small picture.

import { joinPath, pathExists, readText } from "#platform";
import { parsePythonJsonObject } from "../util/python-json.ts";
import type { Checkpoint } from "./checkpoint.ts";

/** That of stabilityai/stable-diffusion-x4-upscaler, where the files do not say. */
const usual = {
  _class_name: "DDPMScheduler",
  beta_start: 0.0001,
  beta_end: 0.02,
  beta_schedule: "scaled_linear",
};

/** The scheduler_config.json of the small picture's noise. */
export async function lowResScheduler({
  path,
  format,
}: Pick<Checkpoint, "path" | "format">): Promise<Readonly<Record<string, unknown>>> {
  const file = joinPath(path, "low_res_scheduler", "scheduler_config.json");
  if (format !== "diffusers" || !(await pathExists(file))) return usual;
  return parsePythonJsonObject(await readText(file), file);
}
