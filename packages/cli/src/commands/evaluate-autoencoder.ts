// `noisette evaluate autoencoder`: how well an autoencoder gives pictures back.

import { autoencoderReport } from "@noisette/core/evaluation/autoencoder-report";
import type { AutoencoderReport } from "@noisette/core/evaluation/autoencoder-report";
import { z } from "zod";
import {
  evaluationOptions,
  evaluationPresentations,
  figure,
  measuring,
  needed,
  onlyWord,
  openPictures,
} from "../evaluation/evaluation-options.ts";
import { definitions } from "../terminal/table.ts";
import { defineCommand } from "./command.ts";

const doing = "evaluate an autoencoder";

/** `noisette evaluate autoencoder`. */
export const command = defineCommand({
  usage: ["noisette evaluate autoencoder MODEL --data FOLDER [flags]"],
  about:
    "Encodes and decodes pictures and compares: PSNR and SSIM of the colours (transparent pictures on white), PSNR of alpha, the use of a codebook, and with the weights of LPIPS also that.",
  options: z
    .strictObject({
      data: z.string().min(1).optional().describe("Folder, manifest or shards of pictures"),
      size: z.int().min(1).max(8192).optional().describe("Side to bring them to (their own)"),
      lpips: z.string().min(1).optional().describe("Weights of LPIPS; or VGG16's and its heads, with a comma between"),
    })
    .extend(evaluationOptions.omit({ batchSize: true }).shape),
  presentations: {
    ...evaluationPresentations,
    data: { group: "Pictures", value: "FOLDER" },
    size: { group: "Pictures" },
    lpips: { group: "Metrics", value: "FILE" },
  },
  groups: ["Pictures", "Metrics", "Output"],
  async run({ data, size, lpips, json, ...given }, words) {
    const model = onlyWord(words, doing, "a folder or file of an autoencoder");
    const from = needed(data, "--data", doing);
    const report = await measuring(given, async (context) =>
      autoencoderReport(context.engine, await openPictures(from, given, context), {
        model,
        size,
        lpips: lpips?.split(","),
        signal: context.signal,
        onProgress: (done, total) => context.progress("pictures", done, total),
      }),
    );
    process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : `${describe(report).join("\n")}\n`);
  },
});

const describe = ({
  pictures,
  className,
  factor,
  latentChannels,
  psnr,
  alphaPsnr,
  ssim,
  lpips,
  codebook,
}: AutoencoderReport) =>
  definitions([
    ["autoencoder", `${className}, ${factor} times smaller, ${latentChannels} channels`],
    ["pictures", String(pictures)],
    ["PSNR", `${figure(psnr)} dB`],
    ...(alphaPsnr === undefined ? [] : [["PSNR of alpha", `${figure(alphaPsnr)} dB`] as const]),
    ["SSIM", figure(ssim)],
    ...(lpips === undefined ? [] : [["LPIPS", figure(lpips)] as const]),
    ...(codebook === undefined
      ? []
      : [
          [
            "codebook",
            `${codebook.used} of ${codebook.codes} codes used, perplexity ${figure(codebook.perplexity)}`,
          ] as const,
        ]),
  ]);
