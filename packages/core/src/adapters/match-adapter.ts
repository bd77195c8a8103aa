// An adapter against the networks of a model: which parameter each module changes, whether its tensors fit, and what the
// adapter is for when they do not.

import { readTensors } from "../safetensors/read-tensor.ts";
import { closestName } from "../safetensors/closest-name.ts";
import type { StoredTensor } from "../tensor/stored.ts";
import type { Adapter, AdapterComponent, AdapterFile, AdapterModule, FileModule } from "./adapter.ts";
import { architectureOf } from "./architecture.ts";
import { forms } from "./forms/index.ts";
import type { Form } from "./forms/index.ts";
import type { FormType } from "./forms/form.ts";
import { moduleFinder } from "./names/model-modules.ts";
import type { AdaptedNetworks } from "./names/model-modules.ts";
import { readAdapter } from "./read-adapter.ts";

/** A model that adapters are matched to. A `Checkpoint` is one. */
export interface AdaptedModel {
  /** Its name, for messages. */
  readonly path: string;
  readonly networks: AdaptedNetworks;
}

/** The adapter in the file `path`, for `model`. Throws Error when it is none, or one for another architecture. */
export async function openAdapter(path: string, model: AdaptedModel): Promise<Adapter> {
  return matchAdapter(await readAdapter(path), model);
}

/**
 * `file` for `model`. Modules that the model lacks are left out with a note. Throws Error that says what the adapter is for when
 * a shape differs, or when no module of a network is one of the model's.
 */
export function matchAdapter(file: AdapterFile, model: AdaptedModel): Adapter {
  const find = moduleFinder(model.networks);
  const modules: AdapterModule[] = [];
  const unmatched: { readonly path: string; readonly of: readonly AdapterComponent[] }[] = [];
  const taken = new Map<string, string>();
  for (const own of file.modules) {
    const found = find(own.path);
    const stored = found.component && model.networks[found.component]?.tensors.get(`${found.path}.${own.of}`);
    if (found.component === undefined || stored === undefined) {
      unmatched.push({ path: own.path, of: found.component === undefined ? found.of : [found.component] });
      continue;
    }
    const { component } = found;
    const parameter = `${found.path}.${own.of}`;
    const dims = stored.transposed ? stored.dims.toReversed() : stored.dims;
    const problem = problemOf(own, dims);
    if (problem !== undefined) {
      throw new Error(
        `Cannot use adapter "${file.source}" with "${model.path}": its "${own.path}" has ${problem} (for ${component} "${parameter}" [${dims}] other shapes are wanted)${madeFor(file)}`,
      );
    }
    const twin = taken.get(`${component} ${parameter}`);
    if (twin !== undefined)
      throw new Error(`Cannot use adapter "${file.source}": its "${twin}" and "${own.path}" are both "${parameter}"`);
    taken.set(`${component} ${parameter}`, own.path);
    modules.push({
      component,
      parameter,
      dims,
      form: own.form,
      rank: own.rank,
      read: () => readForm(file.source, own),
    });
  }
  checkComponents({ file, model, modules, unmatched });
  return { source: file.source, metadata: file.metadata, modules, notes: notesOf(file, unmatched) };
}

function problemOf({ form, tensors }: FileModule, base: readonly number[]): string | undefined {
  const dims = new Map([...tensors].map(([field, tensor]) => [field, tensor.dims]));
  return (forms[form] as FormType<unknown>).problem(dims, base);
}

/** The values of a module. Throws Error when one is not finite. */
export async function readForm(source: string, { form, tensors, scale }: FileModule): Promise<Form> {
  const values = await readTensors(tensors);
  for (const [field, { data }] of values) {
    if (!areFinite(data)) {
      const { name } = tensors.get(field) as StoredTensor;
      throw new Error(`Cannot use adapter "${source}": "${name}" has values that are not finite (numbers are wanted)`);
    }
  }
  return (forms[form] as FormType<Form>).read(values, scale);
}

/** A sum of x − x is 0 unless one of them is not finite: a fifth of the time that asking each takes, when an adapter is switched. */
function areFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] - values[i];
  return sum === 0;
}

const networkNames: Readonly<Record<AdapterComponent, string>> = {
  unet: "UNet",
  textEncoder: "text encoder",
  textEncoder2: "second text encoder",
};

interface Matching {
  readonly file: AdapterFile;
  readonly model: AdaptedModel;
  readonly modules: readonly AdapterModule[];
  readonly unmatched: readonly { readonly path: string; readonly of: readonly AdapterComponent[] }[];
}

/** Throws when a network of the model that the adapter has modules for got none of them. */
function checkComponents({ file, model, modules, unmatched }: Matching): void {
  const matched = new Set(modules.map(({ component }) => component));
  const missed = unmatched.filter(
    ({ of }) => of.some((one) => model.networks[one]) && !of.some((one) => matched.has(one)),
  );
  if (missed.length === 0 && modules.length > 0) return;
  const strangers = missed.length > 0 ? missed : unmatched;
  const what = strangers.length === 0 ? "adapter" : strangers[0].of.map((one) => networkNames[one]).join(", ");
  throw new Error(
    `Cannot use adapter "${file.source}" with "${model.path}": none of its ${strangers.length} modules for the ${what} is in the model: ${firstFew(strangers.map(({ path }) => path))}${closestHint(strangers[0]?.path, model)}${madeFor(file)}`,
  );
}

function notesOf({ source, unknown }: AdapterFile, unmatched: Matching["unmatched"]): string[] {
  const notes: string[] = [];
  if (unmatched.length > 0) {
    const paths = unmatched.map(({ path }) => path);
    notes.push(`"${source}" has ${paths.length} modules that the model lacks, left out: ${firstFew(paths)}`);
  }
  if (unknown.length > 0)
    notes.push(`"${source}" has ${unknown.length} tensors of no known form, left out: ${firstFew(unknown)}`);
  return notes;
}

function madeFor(file: AdapterFile): string {
  const architecture = architectureOf(file);
  return architecture === undefined ? "" : `; the adapter is for ${architecture}`;
}

function closestHint(path: string | undefined, { networks }: AdaptedModel): string {
  if (path === undefined) return "";
  const names = Object.values(networks).flatMap((network) => [...(network?.tensors.keys() ?? [])]);
  const closest = closestName(path.replace(/^(lora_\w+?_|unet\.|text_encoder\.)/, ""), names);
  return closest === undefined ? "" : ` (closest: "${closest}")`;
}

const firstFew = (names: readonly string[]): string =>
  names
    .slice(0, 3)
    .map((name) => `"${name}"`)
    .join(", ") + (names.length > 3 ? ` and ${names.length - 3} more` : "");
