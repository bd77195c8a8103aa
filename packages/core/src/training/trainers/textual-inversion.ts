// Trains a word: vectors in place of tokens' own, all else of the model as it is (textual inversion, arXiv 2208.01618, §4).

import { writeEmbedding } from "../../adapters/write-embedding.ts";
import { saveText, tensorsBelow } from "../../checkpoints/save/model-parts.ts";
import type { Example } from "../../data/dataset.ts";
import { symbol } from "../../graph/dim.ts";
import { matmul } from "../../graph/ops/linear-algebra.ts";
import { input } from "../../graph/ops/source.ts";
import { openFile } from "#platform";
import { readTensor } from "../../safetensors/read-tensor.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { TextualInversionRecipe } from "../recipe/textual-inversion.ts";
import { openAdaptation } from "./adaptation.ts";
import { adaptedSamples } from "./adapted-samples.ts";
import { fileStem, modelName } from "./adapter-files.ts";
import { openBaseModel } from "./base-model.ts";
import type { BaseEncoder, BaseModel } from "./base-model.ts";
import { textTokens } from "./base-text.ts";
import { captionOf } from "./captions.ts";
import { textTemplates } from "./text-templates.ts";
import type { Feeds, Trainer, TrainerSetup } from "./trainer.ts";

/** Opens the trainer of `recipe`. Throws Error when the words it begins with are more tokens than there are vectors. */
export async function openTextualInversionTrainer(
  recipe: TextualInversionRecipe,
  setup: TrainerSetup,
): Promise<Trainer> {
  const { folder } = setup;
  const { word, vectors } = recipe;
  const base = await openBaseModel(recipe.model, setup);
  const first = new Map<string, Tensor>();
  for (const encoder of base.encoders) first.set(vectorsName(encoder), await initialVectors(recipe, { base, encoder }));
  // In place of vectors their numbers: so the tokens tell where each of them stands.
  const numbered = tensor(
    [vectors, 1],
    Float32Array.from({ length: vectors }, (_, i) => i),
  );
  const table = new Map([[word, { textEncoder: numbered, textEncoder2: numbered }]]);

  const templates = Array.isArray(recipe.texts) ? recipe.texts : textTemplates[recipe.texts];
  const filled = (template: string, example: Example): string =>
    template.replaceAll("{word}", word).replaceAll("{caption}", captionOf(example)).trim();
  const adaptation = await openAdaptation(recipe, {
    base,
    setup,
    tracesText: true,
    captions: templates.some((template) => template.includes("{caption}")),
    textOf: (example, draws) => filled(templates[draws.randint(1, 0, templates.length)[0]], example),
    table,
    more: ({ texts }) => Object.assign({}, ...base.encoders.map((encoder) => placesOf(texts, encoder))) as Feeds,
  });

  /** Where the vectors stand in each text. */
  function placesOf(texts: readonly string[], encoder: BaseEncoder): Feeds {
    const { positions } = encoder.config;
    const places = tensor([texts.length, positions, vectors]);
    const kept = tensor([texts.length, positions, 1]);
    kept.data.fill(1);
    texts.forEach((text, n) => {
      const tokens = textTokens(text, encoder, table);
      if (text !== "" && tokens.every(({ vector }) => vector === undefined))
        throw new Error(
          `Cannot learn "${word}" from "${text}": it is not among the first ${positions - 2} tokens of that (a text with it is wanted)`,
        );
      tokens.forEach(({ vector }, t) => {
        if (vector === undefined) return;
        const place = n * positions + t + 1; // behind the start token
        places.data[place * vectors + vector[0]] = 1;
        kept.data[place] = 0;
      });
    });
    return { [`places.${encoder.prefix}`]: places, [`kept.${encoder.prefix}`]: kept };
  }

  let saved = "";
  return {
    ...adaptation.trainer,
    program: {
      name: "textual-inversion",
      build(p) {
        const loss = adaptation.loss(p, {
          replaced(encoder) {
            const { positions, width } = encoder.config;
            const own = p.parameter(vectorsName(encoder), [vectors, width]);
            const place = (name: string, size: number) =>
              input(`${name}.${encoder.prefix}`, [symbol("batch"), positions, size]);
            return { vectors: matmul(place("places", vectors), own), kept: place("kept", 1) };
          },
        });
        return { objectives: [{ name: "denoising", loss, trains: (name) => first.has(name) }] };
      },
    },
    frozen: { tensors: base.tensors, source: base.path },
    initial: first,

    async save(weights, card, { step }) {
      await folder.disk.makeFolder(folder.model);
      saved = await writeEmbedding(`${folder.model}/${fileStem(recipe.name)}`, {
        word,
        vectors: new Map(
          base.encoders.map((encoder) => [encoder.part, tensorsBelow(weights, "embedding.").get(encoder.prefix)!]),
        ),
        step,
        model: { name: modelName(base), hash: await base.checkpoint.hash() },
      });
      await saveText(`${folder.model}/README.md`, card);
    },

    samples: async () =>
      adaptedSamples({
        recipe,
        setup,
        model: base.path,
        pictures: adaptation.pictures,
        textOf: (example) => filled(templates[0], example),
        adapters: { embeddings: [{ name: saved, word }] },
      }),
  };
}

/** The parameter that an encoder's vectors are. */
const vectorsName = ({ prefix }: BaseEncoder): string => `embedding.${prefix}`;

/** The rows of the encoder's table for the words that the new one begins as, spread over its vectors. */
async function initialVectors(
  { initial, vectors, word }: TextualInversionRecipe,
  { base, encoder }: { base: BaseModel; encoder: BaseEncoder },
): Promise<Tensor> {
  const ids = encoder.tokenizer.encode(initial).ids;
  if (ids.length === 0 || ids.length > vectors)
    throw new RangeError(
      `Cannot begin "${word}" as "${initial}": that is ${ids.length} tokens of ${encoder.prefix} (1 to ${vectors}, one for each of "vectors", are wanted)`,
    );
  if (encoder.tokenizer.encode(word).ids.length === 0)
    throw new RangeError(`Cannot learn "${word}": prompts cannot name it (letters or signs are wanted)`);
  const { width } = encoder.config;
  const name = `${encoder.prefix}.text_model.embeddings.token_embedding.weight`;
  const stored = base.tensors.get(name)!;
  const source = await openFile(stored.file);
  try {
    const rowBytes = stored.byteLength / stored.dims[0];
    const out = tensor([vectors, width]);
    for (let i = 0; i < vectors; i++) {
      const id = ids[Math.floor((i * ids.length) / vectors)];
      const row = { ...stored, dims: [width], offset: stored.offset + id * rowBytes, byteLength: rowBytes };
      out.data.set((await readTensor(source, row)).data, i * width);
    }
    return out;
  } finally {
    await source.close();
  }
}
