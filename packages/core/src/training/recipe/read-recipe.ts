// Recipes: which trainer, and with which settings. Every mistake is named with its place and what is wanted there.

import { z } from "zod";
import { closestName } from "../../safetensors/closest-name.ts";
import { isRecord } from "../../util/is-record.ts";
import { autoencoderRecipe } from "./autoencoder.ts";
import type { AutoencoderRecipe } from "./autoencoder.ts";
import { clipRecipe } from "./clip.ts";
import type { ClipRecipe } from "./clip.ts";
import { contradictions } from "./contradictions.ts";
import { controlNetRecipe } from "./controlnet.ts";
import type { ControlNetRecipe } from "./controlnet.ts";
import { diffusionRecipe } from "./diffusion.ts";
import type { DiffusionRecipe } from "./diffusion.ts";
import { dreamboothRecipe } from "./dreambooth.ts";
import type { DreamboothRecipe } from "./dreambooth.ts";
import { hypernetworkRecipe } from "./hypernetwork.ts";
import type { HypernetworkRecipe } from "./hypernetwork.ts";
import { judgeRecipe } from "./judge.ts";
import type { JudgeRecipe } from "./judge.ts";
import { loraRecipe } from "./lora.ts";
import type { LoraRecipe } from "./lora.ts";
import { textualInversionRecipe } from "./textual-inversion.ts";
import type { TextualInversionRecipe } from "./textual-inversion.ts";

/** The schemas by trainer. */
export const recipeSchemas = {
  autoencoder: autoencoderRecipe,
  clip: clipRecipe,
  diffusion: diffusionRecipe,
  judge: judgeRecipe,
  lora: loraRecipe,
  "textual-inversion": textualInversionRecipe,
  hypernetwork: hypernetworkRecipe,
  dreambooth: dreamboothRecipe,
  controlnet: controlNetRecipe,
} satisfies Record<string, z.ZodObject>;

/** A name of a trainer. */
export type TrainerKind = keyof typeof recipeSchemas;

/** A recipe with its defaults filled in. */
export type Recipe =
  | AutoencoderRecipe
  | ClipRecipe
  | DiffusionRecipe
  | JudgeRecipe
  | LoraRecipe
  | TextualInversionRecipe
  | HypernetworkRecipe
  | DreamboothRecipe
  | ControlNetRecipe;

/** The recipe that `json`, from `source`, is. Throws Error that names every unknown key (with the closest), value and contradiction. */
export function checkRecipe(json: unknown, source: string): Recipe {
  const fail = (problems: readonly string[]): never => {
    throw new Error(`Cannot read recipe "${source}": ${problems.join("; ")}`);
  };
  if (!isRecord(json)) return fail(["it is no object"]);
  const kinds = Object.keys(recipeSchemas);
  const { trainer } = json;
  if (typeof trainer !== "string" || !Object.hasOwn(recipeSchemas, trainer)) {
    const closest = typeof trainer === "string" ? `closest: "${closestName(trainer, kinds)}"; ` : "";
    return fail([`"trainer" is ${JSON.stringify(trainer) ?? "missing"} (${closest}${kinds.join(", ")} are known)`]);
  }
  const schema = recipeSchemas[trainer as TrainerKind];
  const { data, error } = schema.safeParse(json);
  if (error !== undefined) return fail(error.issues.flatMap((issue) => problemsOf(issue, schema, json)));
  const recipe = data as Recipe;
  const broken = (contradictions[recipe.trainer] as readonly { when(r: Recipe): boolean; is: string; wanted: string }[])
    .filter(({ when }) => when(recipe))
    .map(({ is, wanted }) => `${is} (${wanted})`);
  return broken.length > 0 ? fail(broken) : recipe;
}

function problemsOf(issue: z.core.$ZodIssue, schema: z.ZodObject, json: object): string[] {
  const place = (key?: string) => `"${[...issue.path, ...(key === undefined ? [] : [key])].join(".")}"`;
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) => {
      const closest = closestName(key, known);
      return `unknown key ${place(key)}${closest === undefined ? "" : ` (closest: "${closest}")`}`;
    });
  }
  const value = issue.path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown>)?.[key], json);
  if (value === undefined) return [`${place()} is missing`];
  return [`${place()} is ${JSON.stringify(value)} (${issue.message.toLowerCase().replace(/^invalid input: /, "")})`];
}

/** The part of a JSON schema that matters for finding keys. */
interface Keyed {
  readonly properties?: Readonly<Record<string, Keyed>>;
  readonly anyOf?: readonly Keyed[];
  readonly oneOf?: readonly Keyed[];
}

/** The keys that an object may have at `path`, in any of the forms it may take there. */
function keysAt(schema: z.ZodObject, path: readonly PropertyKey[]): string[] {
  const forms = (part: Keyed): Keyed[] => [part, ...(part.anyOf ?? []), ...(part.oneOf ?? [])];
  let parts = forms(z.toJSONSchema(schema, { io: "input" }) as Keyed);
  for (const key of path) parts = parts.flatMap(({ properties }) => forms(properties?.[String(key)] ?? {}));
  return [...new Set(parts.flatMap(({ properties }) => Object.keys(properties ?? {})))];
}
