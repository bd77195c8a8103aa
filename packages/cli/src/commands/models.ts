// `noisette models`: what --model can be here.

import { join } from "node:path";
import { z } from "zod";
import { findInFolder, findInHubCache } from "@noisette/server/models/find-checkpoints";
import type { FoundCheckpoint } from "@noisette/server/models/find-checkpoints";
import { hubPlace } from "@noisette/server/models/hub-place";
import { table } from "../terminal/table.ts";
import { formatBytes } from "../terminal/units.ts";
import { defineCommand } from "./command.ts";
import { jsonOption } from "./json-option.ts";

/** `noisette models`. */
export const command = defineCommand({
  usage: ["noisette models"],
  about:
    "Lists the checkpoints in the Hub's cache, in the folder models and in the folder that the environment's NOISETTE_MODELS names.",
  options: z.strictObject(jsonOption.shape),
  presentations: { json: { group: "Output" } },
  async run({ json }) {
    const { cacheFolder } = await hubPlace();
    const folders = ["models", process.env.NOISETTE_MODELS].filter(
      (folder) => folder !== undefined && folder !== "",
    ) as string[];
    const lists = await Promise.all([...folders.map(findInFolder), findInHubCache(cacheFolder)]);
    const found = lists.flat();
    if (json) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
    else
      process.stdout.write(
        found.length === 0 ? nothing([...folders.map((folder) => join(folder, "")), cacheFolder]) : listing(found),
      );
  },
});

function listing(found: readonly FoundCheckpoint[]): string {
  const rows = found.map(({ name, family, sizeBytes }) => [family ?? "?", formatBytes(sizeBytes), name]);
  const problems = found.flatMap(({ name, problem }) => (problem === undefined ? [] : [`${name}: ${problem}`]));
  const lines = [
    ...table([{ title: "family" }, { title: "size", align: "right" }, { title: "model" }], rows),
    ...(problems.length === 0 ? [] : ["", ...problems]),
  ];
  return `${lines.join("\n")}\n`;
}

const nothing = (places: readonly string[]): string =>
  `No checkpoints found in\n${places.map((place) => `  ${place}\n`).join("")}A Hub id after --model is downloaded when it is first used.\n`;
