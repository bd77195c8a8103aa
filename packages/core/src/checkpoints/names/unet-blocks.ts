// Blocks of a UNet as people count them when they weigh them one by one: IN00 to IN11, MID, OUT00 to OUT11 of the original
// code's lists (IN08 and OUT08 are the last of SDXL).

import { renameModule } from "./children.ts";
import { ldmModules } from "./original-unet.ts";

const listNames: Readonly<Record<string, string>> = { input_blocks: "IN", output_blocks: "OUT" };

/** `count` blocks of a list by name: "IN00", "IN01", … */
export const blockRange = (list: "IN" | "OUT", first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, i) => `${list}${String(first + i).padStart(2, "0")}`);

/** What stands behind BASE in a list of weights for all blocks, by how many numbers it has: SD 1 and 2, SDXL. */
export const allBlocks: Readonly<Record<number, readonly string[]>> = {
  26: ["BASE", ...blockRange("IN", 0, 11), "MID", ...blockRange("OUT", 0, 11)],
  20: ["BASE", ...blockRange("IN", 0, 8), "MID", ...blockRange("OUT", 0, 8)],
};

/** The block that a parameter of the UNet with these published names lies in; "BASE" for those in none. */
export function unetBlocks(names: Iterable<string>): (parameter: string) => string {
  const modules = ldmModules(names);
  return (parameter) => {
    const original = renameModule(parameter, modules) ?? "";
    const [, list, number] = /^(input_blocks|middle_block|output_blocks)\.(\d+)/.exec(original) ?? [];
    if (list === undefined) return "BASE";
    return list === "middle_block" ? "MID" : listNames[list] + number.padStart(2, "0");
  };
}
