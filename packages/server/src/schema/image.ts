// A picture of the gallery, and how to look for some.

import { z } from "zod";

/** Names a picture for a job: one of the gallery, an upload, or the file itself as a data URL. */
export const pictureReference = z
  .string()
  .min(1)
  .describe("Id of a picture or of an upload, or a data: URL of a PNG, JPEG, WebP, AVIF or GIF file");

/** A picture that is in the gallery. */
export const imageRecord = z
  .object({
    id: z.string().describe("The job's id and the picture's number in it"),
    job: z.string(),
    index: z.int().min(0).describe("Which picture of the job"),
    url: z.string().describe("Where the file is, below the server's address"),
    thumbnail: z.string().describe("Where a small WebP of it is"),
    width: z.int(),
    height: z.int(),
    sizeBytes: z.int(),
    prompt: z.string(),
    negativePrompt: z.string(),
    model: z.string().describe("The model's id; empty for pictures that no model made"),
    modelHash: z.string(),
    sampler: z.string(),
    seed: z.int().nullable(),
    steps: z.int().nullable(),
    guidanceScale: z.number().nullable(),
    rating: z.int().min(0).max(5).describe("0 for none"),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: "ImageRecord" });

/** A picture that is in the gallery. */
export type ImageRecord = z.output<typeof imageRecord>;

/** The same with all that is needed to make it again. */
export const imageDetail = imageRecord
  .extend({ record: z.record(z.string(), z.unknown()).describe("The record that its PNG holds too") })
  .meta({ id: "ImageDetail" });

/** A picture with its record. */
export type ImageDetail = z.output<typeof imageDetail>;

/** What to look for; every part that is given must hold. */
export const imageQuery = z.object({
  words: z.string().max(1000).optional().describe("Words of the prompt, all of them; beginnings of words will do"),
  model: z.string().optional().describe("Id of a model"),
  sampler: z.string().optional(),
  job: z.string().optional(),
  since: z.iso.datetime().optional().describe("Made at this time or later"),
  until: z.iso.datetime().optional().describe("Made before this time"),
  rating: z.coerce.number().int().min(0).max(5).optional().describe("Rated so or better"),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  before: z.string().optional().describe("`next` of the page before"),
});

/** What to look for. */
export type ImageQuery = z.input<typeof imageQuery>;

/** The newest pictures first. */
export const imagePage = z
  .object({
    images: z.array(imageRecord),
    next: z.string().optional().describe("`before` of the next page; absent on the last"),
  })
  .meta({ id: "ImagePage" });

/** A page of pictures. */
export type ImagePage = z.output<typeof imagePage>;

/** What of a picture can be changed. */
export const imageChange = z.strictObject({ rating: z.int().min(0).max(5) }).meta({ id: "ImageChange" });

/** A file that was uploaded for jobs to use. */
export const upload = z
  .object({
    id: z.string().describe("The same file has the same id"),
    width: z.int(),
    height: z.int(),
    sizeBytes: z.int(),
  })
  .meta({ id: "Upload" });

/** A file that was uploaded. */
export type Upload = z.output<typeof upload>;
