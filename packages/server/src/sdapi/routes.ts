// /sdapi/v1: AUTOMATIC1111's API. docs/api.md says what of it is served.

import { freemem, totalmem } from "node:os";
import { createRoute, z } from "@hono/zod-openapi";
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { operatorOnly } from "../guard/keys.ts";
import type { Env } from "../guard/keys.ts";
import { refuse } from "../guard/refuse.ts";
import { modelKey, modelResident } from "../jobs/open-networks.ts";
import { json, jsonBody, routes } from "../routes/route.ts";
import type { Services } from "../services.ts";
import { checkPicture } from "../store/picture-bytes.ts";
import { answerTo } from "./answer.ts";
import { openCalls } from "./calls.ts";
import type { Calls } from "./calls.ts";
import { controlModelList, controlModuleList } from "./controlnet.ts";
import { batchExtra, extraPicture, singleExtra } from "./extras.ts";
import { imageToImage, textToImage } from "./fields.ts";
import type { ImageToImage, TextToImage } from "./fields.ts";
import { imageToImageJobs, textToImageJobs } from "./generate-jobs.ts";
import type { GenerateJob, Reading } from "./generate-jobs.ts";
import { fileIn } from "./input-pictures.ts";
import {
  embeddingList,
  hypernetworkList,
  latentModeList,
  loraList,
  modelList,
  readStyles,
  samplerList,
  schedulerList,
  styleList,
  upscalerList,
} from "./lists.ts";
import { modelNamed } from "../models/model-names.ts";
import { changedOptions, readOptions, saveOptions } from "./options.ts";
import { pngInfo, withInfotext } from "./png-info.ts";
import { progressAnswer } from "./progress.ts";

const tags = ["AUTOMATIC1111"];
const anything = z.unknown();

const declared = (method: "get" | "post", name: string, summary: string, body?: z.ZodType) =>
  createRoute({
    method,
    path: `/sdapi/v1/${name}`,
    tags,
    summary,
    ...(body !== undefined && { request: { body: jsonBody(body) } }),
    responses: { 200: json(anything, "As A1111 answers"), default: json(anything, "error, detail, body and errors") },
  });

/** What can be read without changing anything, by name. */
const lists: Readonly<Record<string, (services: Services) => unknown>> = {
  samplers: samplerList,
  schedulers: schedulerList,
  upscalers: upscalerList,
  "latent-upscale-modes": latentModeList,
  "sd-models": modelList,
  "sd-vae": () => [],
  "face-restorers": () => [],
  "realesrgan-models": () => [],
  loras: loraList,
  embeddings: embeddingList,
  hypernetworks: hypernetworkList,
  "prompt-styles": styleList,
  scripts: () => ({ txt2img: [], img2img: [] }),
  "script-info": () => [],
  extensions: () => [],
  "cmd-flags": ({ adapterFolder, engineSettings }) => ({
    api: true,
    lora_dir: adapterFolder === undefined ? null : "adapters",
    use_cpu: engineSettings.device === "cpu" ? ["all"] : [],
  }),
  options: readOptions,
  memory: () => ({
    ram: { free: freemem(), used: totalmem() - freemem(), total: totalmem() },
    cuda: { error: "not told: engines are processes of their own" },
  }),
};

/** Lists that are read anew whenever they are asked for: asking for that is well, and does no more. */
const refreshes = ["refresh-checkpoints", "refresh-loras", "refresh-embeddings", "refresh-vae"];

/** The routes of /sdapi/v1. */
export function sdapiRoutes(services: Services): OpenAPIHono<Env> {
  const app = routes();
  const calls = openCalls(services);

  for (const [name, read] of Object.entries(lists))
    app.openapi(declared("get", name, `List: ${name}`), async (c) => c.json((await read(services)) as object, 200));
  app.get("/controlnet/model_list", async (c) => c.json(await controlModelList(services)));
  app.get("/controlnet/module_list", (c) => c.json(controlModuleList()));
  for (const name of refreshes) app.openapi(declared("post", name, "Lists are always fresh"), (c) => c.json(null, 200));

  app.openapi(declared("post", "txt2img", "Make pictures from a prompt", textToImage), (c) =>
    generate<TextToImage>(c, { services, calls, schema: textToImage, jobsOf: textToImageJobs }),
  );
  app.openapi(declared("post", "img2img", "Make pictures from pictures", imageToImage), (c) =>
    generate<ImageToImage>(c, { services, calls, schema: imageToImage, jobsOf: imageToImageJobs }),
  );

  app.openapi(declared("post", "extra-single-image", "Enlarge a picture", singleExtra), async (c) => {
    const { image, ...asked } = singleExtra.parse(await c.req.json());
    const { file, did } = await extraPicture(image, asked, await contextOf(c));
    return c.json({ html_info: html(did), image: asked.show_extras_results ? base64(file) : "" }, 200);
  });
  app.openapi(declared("post", "extra-batch-images", "Enlarge pictures", batchExtra), async (c) => {
    const { imageList, ...asked } = batchExtra.parse(await c.req.json());
    const context = await contextOf(c);
    const images: string[] = [];
    let told = "";
    for (const { data } of imageList) {
      const { file, did } = await extraPicture(data, asked, context);
      images.push(base64(file));
      told = did;
    }
    return c.json({ html_info: html(told), images: asked.show_extras_results ? images : [] }, 200);
  });

  app.openapi(
    declared("post", "png-info", "Read a picture's parameters", z.looseObject({ image: z.string().min(1) })),
    async (c) => {
      const { image } = (await c.req.json()) as { image: string };
      const file = fileIn(image);
      await checkPicture(file, services.limits);
      return c.json(pngInfo(file), 200);
    },
  );
  app.openapi(declared("post", "interrogate", "Is not served"), () => {
    throw refuse("not-found", "Cannot interrogate: neither CLIP nor DeepDanbooru interrogation is served");
  });

  app.openapi(declared("get", "progress", "How far the call is that runs"), async (c) => {
    const skipImage = /^(true|1)$/i.test(c.req.query("skip_current_image") ?? "");
    const call = calls.current(c.get("caller").owner);
    return c.json(await progressAnswer(call, { options: await readOptions(services), skipImage }), 200);
  });
  app.openapi(declared("post", "interrupt", "End the call that runs; it gives what is finished"), async (c) => {
    await calls.interrupt(c.get("caller").owner);
    return c.json({}, 200);
  });
  app.openapi(declared("post", "skip", "Leave out the picture that is being made"), async (c) => {
    await calls.skip(c.get("caller").owner);
    return c.json(null, 200);
  });

  const operator = { middleware: [operatorOnly] };
  app.openapi(
    { ...declared("post", "options", "Change options", z.record(z.string(), z.unknown())), ...operator },
    async (c) => {
      await saveOptions(services, (await c.req.json()) as object);
      return c.json(null, 200);
    },
  );
  app.openapi({ ...declared("post", "unload-checkpoint", "Close the model"), ...operator }, async (c) => {
    await services.engines.discard(modelKey(await modelNamed(services, undefined)));
    return c.json({}, 200);
  });
  app.openapi({ ...declared("post", "reload-checkpoint", "Open the model"), ...operator }, async (c) => {
    const resident = modelResident(await modelNamed(services, undefined), services.engineSettings);
    await services.engines.use(resident, c.req.raw.signal, async () => {});
    return c.json({}, 200);
  });
  return app;

  async function contextOf(c: Context<Env>) {
    return { services, options: await readOptions(services), owner: c.get("caller").owner, signal: c.req.raw.signal };
  }
}

async function generate<Body extends TextToImage | ImageToImage>(
  c: Context<Env>,
  {
    services,
    calls,
    schema,
    jobsOf,
  }: {
    readonly services: Services;
    readonly calls: Calls;
    readonly schema: z.ZodType;
    readonly jobsOf: (body: Body, reading: Reading) => Promise<GenerateJob[]>;
  },
) {
  const body = schema.parse(withInfotext(await c.req.json())) as Body;
  const caller = c.get("caller");
  const standing = await readOptions(services);
  const options = await changedOptions(services, standing, body.override_settings);
  const jobs = await jobsOf(body, { services, options, styles: await readStyles(services) });
  if (!body.override_settings_restore_afterwards && Object.keys(body.override_settings).length > 0) {
    if (!caller.isOperator) throw refuse("forbidden", "Cannot keep the options: this key may not change them");
    await saveOptions(services, body.override_settings);
  }
  // Pictures that are kept are made to the end, also when nobody waits any more.
  const signal = body.save_images ? new AbortController().signal : c.req.raw.signal;
  const result = await calls.run(jobs, { owner: caller.owner, signal, keep: body.save_images });
  return c.json(await answerTo(services, { body, options, result }), 200);
}

const base64 = (file: Uint8Array): string => Buffer.from(file).toString("base64");

const html = (text: string): string =>
  text === "" ? "" : `<p>${text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")}</p>`;
