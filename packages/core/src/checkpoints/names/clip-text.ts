// The text encoder names of transformers. Version 5 writes a CLIPTextModel without the "text_model." that every
// earlier file has, as some SD 1 fine-tunes do; both become the classic names.

/** The classic name of a transformers CLIP text tensor. */
export function classicClipName(name: string): string {
  return /^(embeddings|encoder|final_layer_norm)\./.test(name) ? `text_model.${name}` : name;
}

/** True for buffers that only repeat 0, 1, 2, …: old transformers versions stored them. */
export function isPositionIds(name: string): boolean {
  return name.endsWith("embeddings.position_ids");
}
