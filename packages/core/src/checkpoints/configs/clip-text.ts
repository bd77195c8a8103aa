// The config.json of a CLIP text encoder from the names and shapes of its tensors.

import type { StoredTensors } from "../../tensor/stored.ts";
import type { ModelFamily, NetworkSlot } from "../checkpoint.ts";
import { childCount } from "../names/children.ts";
import { cannotDerive } from "./cannot-derive.ts";
import { weightSizes } from "./weight-sizes.ts";

/** All CLIP text towers in use have 64-wide heads: 12 in CLIP-L, 16 in OpenCLIP-H, 20 in OpenCLIP-bigG. */
const headWidth = 64;

/** SD 2 reads the last but one of OpenCLIP-H's 24 layers, so the published encoder simply ends there. */
const sd2Layers = 23;

/** The config.json of the text encoder in `slot` that `tensors` (published names) belong to. Throws when they do not determine one. */
export function clipTextConfig(
  tensors: StoredTensors,
  { family, slot }: { family: ModelFamily; slot: NetworkSlot },
): Record<string, unknown> {
  const dims = weightSizes(tensors, "the text encoder");
  const [vocabSize, hiddenSize] = dims("text_model.embeddings.token_embedding.weight");
  if (hiddenSize % headWidth !== 0)
    throw cannotDerive("the text encoder", `it is ${hiddenSize} wide, which is no multiple of ${headWidth}-wide heads`);
  const layers = childCount(tensors.keys(), "text_model.encoder.layers");
  const withProjection = slot === "textEncoder2";
  const projectionDim = () => {
    const [out, into] = dims("text_projection.weight");
    return tensors.get("text_projection.weight")?.transposed ? into : out;
  };
  return {
    architectures: [withProjection ? "CLIPTextModelWithProjection" : "CLIPTextModel"],
    attention_dropout: 0,
    bos_token_id: 0,
    eos_token_id: 2, // the published files keep this wrong id: it means "pool at the largest id"
    hidden_act: family === "sd2" || withProjection ? "gelu" : "quick_gelu",
    hidden_size: hiddenSize,
    intermediate_size: dims("text_model.encoder.layers.0.mlp.fc1.weight")[0],
    layer_norm_eps: 1e-5,
    max_position_embeddings: dims("text_model.embeddings.position_embedding.weight")[0],
    model_type: "clip_text_model",
    num_attention_heads: hiddenSize / headWidth,
    num_hidden_layers: family === "sd2" ? Math.min(layers, sd2Layers) : layers,
    pad_token_id: 1,
    projection_dim: withProjection ? projectionDim() : family === "sd2" ? 512 : hiddenSize,
    vocab_size: vocabSize,
  };
}
