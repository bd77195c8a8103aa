// The last part of an adapter's tensor names: which field of a form a tensor is. Each row is one program's spelling.

import type { FileModule } from "../adapter.ts";

/** A field, and the parameter it belongs to where that is not the weight. */
interface Ending {
  readonly pattern: RegExp;
  readonly field: string;
  readonly of?: FileModule["of"];
}

const endings: readonly Ending[] = [
  // kohya and LyCORIS; PEFT (".lora_A.weight", with an adapter's name ".lora_A.default.weight"); diffusers before PEFT
  // ("to_q_lora.down.weight", "to_q.lora.down.weight", "q_proj.lora_linear_layer.down.weight")
  { pattern: /(\.lora_(down|A)(\.\w+)?|[._]lora\.down|\.lora_linear_layer\.down)\.weight$/, field: "down" },
  { pattern: /(\.lora_(up|B)(\.\w+)?|[._]lora\.up|\.lora_linear_layer\.up)\.weight$/, field: "up" },
  { pattern: /\.lora_mid\.weight$/, field: "mid" },
  { pattern: /([._]lora|\.lora_linear_layer)?\.alpha$/, field: "alpha" },
  { pattern: /\.dora_scale$/, field: "magnitude" },
  { pattern: /\.lora_magnitude_vector(\.\w+)?$/, field: "outputMagnitude" },
  ...["w1_a", "w1_b", "w2_a", "w2_b", "t1", "t2"].map((part) => ({
    pattern: new RegExp(`\\.hada_${part}$`),
    field: `hada.${part.replace("_", "")}`,
  })),
  ...["w1", "w1_a", "w1_b", "t1", "w2", "w2_a", "w2_b", "t2"].map((part) => ({
    pattern: new RegExp(`\\.lokr_${part}$`),
    field: `lokr.${part.replace("_", "")}`,
  })),
  ...["a1", "a2", "b1", "b2", "bm"].map((part) => ({ pattern: new RegExp(`\\.${part}\\.weight$`), field: part })),
  { pattern: /\.oft_blocks$/, field: "oft.blocks" },
  { pattern: /\.oft_diag$/, field: "oft.diagonal" },
  { pattern: /\.rescale$/, field: "rescale" },
  { pattern: /\.on_input$/, field: "onInput" },
  { pattern: /\.(diff|w_norm)$/, field: "difference" },
  { pattern: /\.(diff_b|b_norm)$/, field: "difference", of: "bias" },
  { pattern: /\.weight$/, field: "ia3" }, // after all others: its name says nothing
];

/** The module, parameter and field that the tensor `name` stands for; undefined when no program writes such names. */
export function readEnding(
  name: string,
): { readonly path: string; readonly of: FileModule["of"]; readonly field: string } | undefined {
  for (const { pattern, field, of = "weight" } of endings) {
    const match = pattern.exec(name);
    if (match !== null && match.index > 0) return { path: name.slice(0, match.index), of, field };
  }
  return undefined;
}
