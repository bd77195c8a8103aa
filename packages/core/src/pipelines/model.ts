// A loaded model: `const model = await load("path-or-hub-id")`, then `model.generate({ prompt })`.

import { joinPath } from "#platform";
import type { AdapterCatalogue } from "../adapters/catalogue.ts";
import type { Checkpoint, OpenCheckpointOptions } from "../checkpoints/checkpoint.ts";
import { readControl } from "../checkpoints/control-files.ts";
import { resolveModel } from "../checkpoints/hub.ts";
import { openCheckpoint } from "../checkpoints/open.ts";
import { withChannels } from "../image/channels.ts";
import type { Image } from "../image/image.ts";
import { tensorFromImage } from "../image/pixels.ts";
import type { EmbeddingTable } from "../prompts/embeddings.ts";
import type { Wildcards } from "../prompts/expand-template.ts";
import type { Device } from "../runtime/engine.ts";
import { elementCount, tensor } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { openTokenizer } from "../tokenizers/open.ts";
import { adapterShelf } from "./adapter-shelf.ts";
import { textEncoders } from "./conditioning.ts";
import type { ContentGate } from "./content-gate.ts";
import { separateControls } from "./control-options.ts";
import type { Control } from "./control-options.ts";
import { pictureDecoder } from "./decode-picture.ts";
import type { PromptTemplate } from "./expand-prompts.ts";
import { checkFinishing } from "./finish-picture.ts";
import { generate } from "./generate.ts";
import { generation } from "./generation.ts";
import type { Generation } from "./generation.ts";
import type { Upscaler } from "./hires-upscalers.ts";
import { separateIpAdapters } from "./ip-adapter-options.ts";
import type { IpAdapter } from "./ip-adapter-options.ts";
import { encodePosterior } from "./initial-latents.ts";
import { openNetworks } from "./networks.ts";
import { parseOptions } from "./options.ts";
import type { GenerateOptions } from "./options.ts";
import { pictureChannels } from "./picture-channels.ts";
import { readPreviewDecoder } from "./preview.ts";
import { generateRefined } from "./refine.ts";
import { readUpscaler } from "./upscale.ts";

/** How to open a model. */
export interface LoadModelOptions extends OpenCheckpointOptions {
  /** "auto" (the default) takes WebGPU where there is an adapter, else the CPU, and says so. */
  readonly device?: Device | "auto";
  /** Threads for CPU kernels; all cores by default. */
  readonly threads?: number;
  /** Branch, tag or commit of a Hub repository. */
  readonly revision?: string;
  /** Stops loading and downloading. */
  readonly signal?: AbortSignal;
  readonly onDownload?: (progress: {
    readonly file: string;
    readonly receivedBytes: number;
    readonly totalBytes: number;
  }) => void;
  /** Path or Hub id of a tiny autoencoder (TAESD), for previews; without it they are decoded by the model's own. */
  readonly previewDecoder?: string;
}

/** Inputs of one generation that are not plain data. */
export interface GenerateInputs {
  /** Where to start instead of noise: a picture, or latents [1,C,h,w] that another model handed over. */
  readonly init?: Image | Tensor;
  /** Which of that picture to paint anew: white paints, black keeps. Of the picture's size. */
  readonly mask?: Image;
  /** How near each place is, light for near: for depth-to-image models. */
  readonly depth?: Image;
  /** ControlNets and T2I-Adapters, and the pictures they make this one follow. */
  readonly controls?: Control[];
  /** Enlarges the picture between the passes of a hires fix, by a network of yours, instead of `hiresUpscaler`. */
  readonly upscaler?: Upscaler;
  /** Takes over where the options' `refinerAt` says: SDXL's refiner, or any model of the same latents. */
  readonly refiner?: Model;
  /** Where __wildcards__ in prompts come from. */
  readonly wildcards?: Wildcards;
  /** What the prompts were drawn from in an earlier run, for the record. */
  readonly template?: PromptTemplate;
  /** IP-Adapters, and the pictures that are their prompts. */
  readonly ipAdapters?: IpAdapter[];
  /** Where the names of LoRAs and the like are looked up, in options and in prompts: openAdapterFolder() reads a folder. */
  readonly adapters?: AdapterCatalogue;
  /** Learned concepts that prompts can name, beside those of files. */
  readonly concepts?: EmbeddingTable;
  /** Looks at every picture and preview before it is told, and blurs or holds back the unsafe ones. */
  readonly gate?: ContentGate;
  readonly signal?: AbortSignal;
  /** Decode a preview every so many steps; 0, the default, never. */
  readonly previewEvery?: number;
  /** Tell with every step its latents, for those who study what happens. */
  readonly traceSteps?: boolean;
  /** Which pictures of the run to make, by number; all by default. */
  readonly pictures?: readonly number[];
}

/** A checkpoint that is open on a device. Its networks load when first needed. */
export interface Model {
  readonly checkpoint: Checkpoint;
  readonly device: Device;
  /** What was chosen or guessed while loading, in sentences for the user. */
  readonly notices: readonly string[];
  /** Makes pictures. Iterate it for events, or await it for the pictures. Throws RangeError on options out of range. */
  generate(options: Omit<GenerateOptions, "controls" | "ipAdapters"> & GenerateInputs): Generation;
  /** The picture that the autoencoder makes of latents [1,C,h,w], in the diffusion model's scale. */
  decode(latents: Tensor, options?: { readonly signal?: AbortSignal }): Promise<Image>;
  /** The latents [1,C,h,w] of a picture: the middle of what the encoder says. Width and height must divide by the autoencoder's factor. */
  encode(image: Image, options?: { readonly signal?: AbortSignal }): Promise<Tensor>;
  /** Ends the engine and gives back all its memory. */
  close(): Promise<void>;
}

/**
 * Opens a checkpoint: a diffusers folder, a .safetensors or .ckpt file, or a Hugging Face Hub id. Throws Error when it
 * cannot be found, read or understood, or the device cannot be opened.
 */
export async function load(idOrPath: string, options: LoadModelOptions = {}): Promise<Model> {
  const { device = "auto", threads, revision, signal, onDownload, previewDecoder, variant, ...open } = options;
  const hub = { revision, signal, onProgress: onDownload, variant };
  const checkpoint = await openCheckpoint(await resolveModel(idOrPath, hub), { ...open, variant });
  const tokenizers = {
    textEncoder: checkpoint.tokenizers.tokenizer && (await openTokenizer(checkpoint.tokenizers.tokenizer)),
    textEncoder2: checkpoint.tokenizers.tokenizer2 && (await openTokenizer(checkpoint.tokenizers.tokenizer2)),
  };
  const preview =
    previewDecoder === undefined ? undefined : await readPreviewDecoder(await resolveModel(previewDecoder, hub));
  const own = checkpoint.preferences.upscaler;
  const upscaler = own === undefined ? undefined : await readUpscaler(joinPath(checkpoint.path, own));
  const networks = await openNetworks(checkpoint, { device, threads, preview, upscaler });
  try {
    const encoders = textEncoders(checkpoint, networks, tokenizers);
    const shelf = adapterShelf(checkpoint);
    return {
      checkpoint,
      device: networks.device,
      notices: networks.notices,
      generate({
        init,
        mask,
        depth,
        controls,
        ipAdapters,
        upscaler,
        refiner,
        wildcards,
        template,
        adapters,
        concepts,
        gate,
        signal,
        previewEvery = 0,
        traceSteps,
        pictures,
        ...written
      }) {
        const followed = separateControls(controls);
        const looked = separateIpAdapters(ipAdapters);
        const parsed = parseOptions({ ...written, ...followed.options, ...looked.options });
        checkFinishing(parsed, gate);
        return generation((emit, stop) => {
          const parts = { checkpoint, networks, encoders, shelf };
          const run = {
            init,
            mask,
            depth,
            controlImages: followed.images,
            ipAdapterImages: looked.images,
            openControl: async (path: string) =>
              readControl(await resolveModel(path, { signal: stop, onProgress: onDownload })),
            upscaler,
            wildcards,
            template,
            adapters,
            concepts,
            gate,
            previewEvery,
            traceSteps,
            pictures,
            emit,
            signal: stop,
          };
          return refiner === undefined
            ? generate(parts, parsed, run)
            : generateRefined(parts, parsed, { ...run, refiner });
        }, signal);
      },
      decode: (latents, { signal = new AbortController().signal } = {}) =>
        pictureDecoder(networks, { options: parseOptions({ prompt: "" }), notice: () => undefined, signal })(latents),
      async encode(image, { signal = new AbortController().signal } = {}) {
        const channels = pictureChannels(networks);
        const posterior = await encodePosterior(
          networks,
          tensorFromImage(withChannels(image, channels), channels),
          signal,
        );
        const { factor, latentChannels } = networks.configs.vae;
        const dims = [1, latentChannels, image.height / factor, image.width / factor];
        return tensor(dims, posterior(new Float32Array(elementCount(dims))));
      },
      close: networks.close,
    };
  } catch (error) {
    await networks.close();
    throw error;
  }
}
