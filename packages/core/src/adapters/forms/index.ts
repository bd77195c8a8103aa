// The table of forms. To add one: its file and its row.

import type { Tensor } from "../../tensor/tensor.ts";
import { dora } from "./dora.ts";
import type { DoraForm } from "./dora.ts";
import type { FieldDims, FormType } from "./form.ts";
import { full } from "./full.ts";
import type { FullForm } from "./full.ts";
import { glora } from "./glora.ts";
import type { GloraForm } from "./glora.ts";
import { ia3 } from "./ia3.ts";
import type { Ia3Form } from "./ia3.ts";
import { loha } from "./loha.ts";
import type { LohaForm } from "./loha.ts";
import { lokr } from "./lokr.ts";
import type { LokrForm } from "./lokr.ts";
import { lora, withoutMid } from "./lora.ts";
import type { LoraForm } from "./lora.ts";
import { oft } from "./oft.ts";
import type { OftForm } from "./oft.ts";

/** The change of one parameter, in one of the forms. */
export type Form = LoraForm | LohaForm | LokrForm | DoraForm | GloraForm | OftForm | Ia3Form | FullForm;

/** The name of a form. */
export type FormKind = Form["kind"];

/** Every form by name. A form with parts of another (DoRA, of LoRA) stands before it: the first that is one counts. */
export const forms: { readonly [K in FormKind]: FormType<Extract<Form, { kind: K }>> } = {
  dora,
  lora,
  loha,
  lokr,
  glora,
  oft,
  ia3,
  full,
};

/** The form that tensors of these fields are; undefined when none is, or when some of them belong to no such form. */
export function formOf(fields: FieldDims): FormKind | undefined {
  const kinds = Object.keys(forms) as FormKind[];
  return kinds.find(
    (kind) => forms[kind].is(fields) && [...fields.keys()].every((f) => forms[kind].fields.includes(f)),
  );
}

/** ΔW of the parameter whose values are `base`, in its dimensions. Every form is linear: W' = W + weight·ΔW. */
export function deltaOf(form: Form, base: Tensor): Float32Array {
  return (forms[form.kind] as FormType<Form>).delta(form, base);
}

/** Low-rank factors: ΔW = up [out, r, (1, 1)] · down [r, in, (k, k)] · scale. */
export type LowRankFactors = Pick<LoraForm, "down" | "up" | "scale">;

/** The factors of a form that is a product of two; undefined for the others. */
export function lowRankFactors(form: Form): LowRankFactors | undefined {
  return form.kind === "lora" ? withoutMid(form) : undefined;
}

/** Forms that run live, beside the weights: those that `lowRankFactors` gives factors for. */
export const liveForms: ReadonlySet<FormKind> = new Set(["lora"]);
