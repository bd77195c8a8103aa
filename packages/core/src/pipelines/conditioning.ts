// Prompts as the UNet takes them: the text encoders' states, and for SDXL the pooled text and the picture's sizes.

import type { Checkpoint } from "../checkpoints/checkpoint.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import { clipTokens } from "../tokenizers/clip-tokens.ts";
import type { ClipTokenizer } from "../tokenizers/clip.ts";
import type { Networks, Part } from "./networks.ts";
import type { ResolvedOptions } from "./options.ts";

/** One prompt, encoded. */
export interface TextStates {
  /** [1,77,D]: both encoders' states side by side for SDXL. */
  readonly context: Tensor;
  /** [1,P]: the second encoder's pooled and projected text, SDXL only. */
  readonly pooled: Tensor | undefined;
}

/** A checkpoint's text encoders behind their tokenizers. */
export interface TextEncoders {
  /** Encodes `prompt` (`prompt2` for the second encoder). `onCut` is told what does not fit into 77 tokens. */
  encode(prompt: string, options: EncodeOptions): Promise<TextStates>;
  /** All zeros, for models that were trained with zeros in place of an empty negative prompt. */
  zeros(): TextStates;
}

/** How to encode one prompt. */
export interface EncodeOptions {
  readonly prompt2?: string;
  readonly clipSkip: number;
  readonly onCut?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** The text encoders of `checkpoint` with their tokenizers. */
export function textEncoders(
  checkpoint: Checkpoint,
  networks: Networks,
  tokenizers: Partial<Record<"textEncoder" | "textEncoder2", ClipTokenizer>>,
): TextEncoders {
  const { configs } = networks;
  const xl = configs.textEncoder2 !== undefined;
  const parts = (["textEncoder", "textEncoder2"] as const).filter((part) => configs[part] !== undefined);
  if (parts.length === 0) throw new Error(`Cannot encode prompts with "${checkpoint.path}": it has no text encoder`);

  return {
    async encode(prompt, { prompt2 = prompt, clipSkip, onCut, signal }) {
      const states: Tensor[] = [];
      let pooled: Tensor | undefined;
      for (const part of parts) {
        const { layers, positions } = configs[part]!;
        // SD 1.x and 2.x: the last layer, normalized. SDXL: the layer before it, as it is.
        const layer = layers - (clipSkip - 1) - (xl ? 1 : 0);
        if (layer < 0) throw new RangeError(`Cannot skip ${clipSkip} layers of CLIP: the ${part} has ${layers}`);
        const state = `${xl ? "hidden" : "normalized"}.${layer}`;
        const { ids, truncated } = clipTokens(tokenizers[part]!, part === "textEncoder2" ? prompt2 : prompt, positions);
        if (truncated !== undefined && (part === parts[0] || prompt2 !== prompt)) onCut?.(truncated);
        const network = await networks.get(part as Part, signal);
        const outputs = [state, ...(part === "textEncoder2" ? ["textEmbeds"] : [])];
        const results = await network.run(
          { ids: { dims: [1, positions], data: BigInt64Array.from(ids, BigInt) } },
          { outputs, signal },
        );
        states.push(results[state]);
        pooled = results.textEmbeds ?? pooled;
      }
      return { context: sideBySide(states), pooled };
    },
    zeros() {
      const { positions, projection } = configs[parts.at(-1)!]!;
      return {
        context: tensor([1, positions, configs.unet.contextWidth]),
        pooled: projection === undefined ? undefined : tensor([1, projection]),
      };
    },
  };
}

/** [1,T,D₁] and [1,T,D₂] → [1,T,D₁+D₂]. */
function sideBySide(states: readonly Tensor[]): Tensor {
  if (states.length === 1) return states[0];
  const [, tokens] = states[0].dims;
  const widths = states.map(({ dims }) => dims[2]);
  const width = widths.reduce((a, b) => a + b);
  const data = new Float32Array(tokens * width);
  for (let token = 0, to = 0; token < tokens; token++) {
    states.forEach((state, i) => {
      data.set(state.data.subarray(token * widths[i], (token + 1) * widths[i]), to);
      to += widths[i];
    });
  }
  return tensor([1, tokens, width], data);
}

/** SDXL's micro-conditioning (arXiv 2307.01952, §2.2): what the picture claims to have been, [1,6], or [1,5] with an aesthetic score for the refiner. */
export function sizeConditioning(
  options: ResolvedOptions & { width: number; height: number },
  { sizes }: { sizes: number },
): { positive: Tensor; negative: Tensor } {
  const { width, height, originalSize = [height, width], cropTopLeft = [0, 0], targetSize = [height, width] } = options;
  const { negativeOriginalSize, negativeTargetSize } = options;
  // As in diffusers, the negative sizes count only when both are there; else the positive ones serve for both.
  const own = negativeOriginalSize !== undefined && negativeTargetSize !== undefined;
  const negativeCrop = own ? (options.negativeCropTopLeft ?? [0, 0]) : cropTopLeft;
  const ids = (original: readonly number[], crop: readonly number[], last: readonly number[]) =>
    tensor([1, sizes], Float32Array.from([...original, ...crop, ...last]));
  return sizes === 5
    ? {
        positive: ids(originalSize, cropTopLeft, [options.aestheticScore]),
        negative: ids(own ? negativeOriginalSize : originalSize, negativeCrop, [options.negativeAestheticScore]),
      }
    : {
        positive: ids(originalSize, cropTopLeft, targetSize),
        negative: ids(own ? negativeOriginalSize : originalSize, negativeCrop, own ? negativeTargetSize : targetSize),
      };
}
