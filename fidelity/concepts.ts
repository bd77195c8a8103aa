// Textual inversion and hypernetworks beside the reference: a prompt with learned vectors in its place, and the UNet with what
// each file makes of keys and values.

import { embeddingTable, readEmbedding } from "@noisette/core/adapters/embedding";
import { hypernetworkTensors, readHypernetwork } from "@noisette/core/adapters/hypernetwork";
import { openCheckpoint } from "@noisette/core/checkpoints/open";
import { clipTextConfig, clipTextGraph } from "@noisette/core/models/clip-text";
import { hypernetworkGraph, hypernetworkWeight, withHypernetworks } from "@noisette/core/models/hypernetwork";
import { promptChunks } from "@noisette/core/prompts/chunks";
import { placed } from "@noisette/core/prompts/placed-text";
import type { Engine } from "@noisette/core/runtime/engine";
import { evaluate } from "@noisette/core/runtime/evaluate";
import { readTensors } from "@noisette/core/safetensors/read-tensor";
import { tensor } from "@noisette/core/tensor/tensor";
import { padTo } from "@noisette/core/tokenizers/clip-tokens";
import { openTokenizer } from "@noisette/core/tokenizers/open";
import { fixturePath, goldenTensor, readGolden } from "../fixtures/read-golden.ts";
import type { Golden } from "../fixtures/read-golden.ts";
import type { FidelityCase } from "./case.ts";
import { relativeError } from "./case.ts";
import { floats, roles } from "./network-roles.ts";

const source = "sd1";
const opened = openCheckpoint(fixturePath(`models/${source}`));

/** The prompt of the golden case with the embedding of `file`: its tokens' vectors, and the encoder's last state. */
async function encoded(file: string, { json }: Golden, engine: Engine) {
  const { networks, tokenizers } = await opened;
  const { config, tensors } = networks.textEncoder!;
  const { prompt } = json as { prompt: string };
  const word = /<[^>]+>/.exec(prompt)![0];
  const clip = clipTextConfig(config, { withProjection: false });
  const { positions, width, layers } = clip;
  const table = embeddingTable([{ file: await readEmbedding(fixturePath(`adapters/${file}`)), word }], {
    textEncoder: width,
  });
  const tokenizer = await openTokenizer(tokenizers.tokenizer!);
  const { chunks } = promptChunks([{ kind: "text", text: placed(prompt), weight: 1 }], tokenizer, {
    chunking: "a1111",
    capacity: positions - 2,
    embeddings: { table, part: "textEncoder", naming: "name" },
  });
  const { startId, endId, padId } = tokenizer;
  const ids = padTo([startId, ...chunks[0].map(({ id }) => id), endId], { length: positions, padId });
  const [vectors, kept] = [tensor([1, positions, width]), tensor([1, positions, 1])];
  kept.data.fill(1);
  chunks[0].forEach(({ vector }, i) => {
    if (vector === undefined) return;
    vectors.data.set(vector, (i + 1) * width);
    kept.data[i + 1] = 0;
  });
  const results = await evaluate(
    engine,
    clipTextGraph(clip, { replaceable: true }),
    { ids: { dims: [1, positions], data: BigInt64Array.from(ids, BigInt) }, vectors, kept },
    { tensors, source },
  );
  // The state before the first layer is the tokens' vectors and their places' together.
  const place = "text_model.embeddings.position_embedding.weight";
  const places = (await readTensors([[place, tensors.get(place)!]])).get(place)!;
  return {
    "out.token_embeddings": results["hidden.0"].data.map((value, i) => value - places.data[i]),
    "out.last_hidden_state": results[`normalized.${layers}`].data,
  };
}

const embeddingCases = ["single", "multi"].flatMap((kind) => {
  const golden = readGolden(`adapters/ti_${kind}_expected`);
  return (golden.json as { files: string[] }).files.flatMap((file) =>
    (["out.token_embeddings", "out.last_hidden_state"] as const).map((output): FidelityCase => ({
      name: `${file}, ${output.slice("out.".length)}`,
      figure: "relativeError",
      bounds: { cpu: 1e-4 },
      measure: async ({ engine }) =>
        relativeError((await encoded(file, golden, engine))[output], floats(golden, output).data),
    })),
  );
});

const hypernetworkCases = ["linear_old", "relu", "swish_ln"].flatMap((name) => {
  const golden = readGolden(`adapters/hypernet_${name}_expected`);
  const inputs = readGolden("adapters/_inputs");
  return ["0.6", "1.0"].flatMap((weight): FidelityCase[] => {
    const strength = { [hypernetworkWeight(0)]: tensor([], Float32Array.of(Number(weight))) };
    const read = () => readHypernetwork(fixturePath(`adapters/hypernet_${name}.pt`));
    return [
      {
        name: `hypernet_${name}, keys' and values' contexts@${weight}`,
        figure: "relativeError",
        bounds: { cpu: 1e-4 },
        async measure({ engine }) {
          const file = await read();
          const contexts = file.config.widths.map((w) => [`context.${w}`, floats(golden, `in.context.${w}`)] as const);
          const results = await evaluate(
            engine,
            hypernetworkGraph([file.config]),
            { ...Object.fromEntries(contexts), ...strength },
            { tensors: hypernetworkTensors([file]), source: name },
          );
          const errors = Object.entries(results).map(([output, { data }]) =>
            relativeError(data, floats(golden, `out.${output}@${weight}`).data),
          );
          return Math.max(...errors);
        },
      },
      {
        name: `hypernet_${name}, unet@${weight}`,
        figure: "relativeError",
        bounds: { cpu: 1e-4 },
        async measure({ engine }) {
          const [file, checkpoint] = [await read(), await opened];
          const { config, tensors } = checkpoint.networks.unet;
          const { out } = await evaluate(
            engine,
            withHypernetworks(roles.unet.trace(config, checkpoint), [file.config]),
            {
              sample: floats(inputs, "in.sample"),
              timestep: tensor([1], Float32Array.of(Number(goldenTensor(inputs, "in.timestep").data[0]))),
              context: floats(inputs, "in.encoder_hidden_states"),
              ...strength,
            },
            { tensors: new Map([...tensors, ...hypernetworkTensors([file])]), source },
          );
          return relativeError(out.data, floats(golden, `out.unet@${weight}`).data);
        },
      },
    ];
  });
});

/** Every golden output of every file of embeddings and hypernetworks. */
export const conceptCases: readonly FidelityCase[] = [...embeddingCases, ...hypernetworkCases];
