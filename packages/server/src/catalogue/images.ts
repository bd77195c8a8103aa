// The table of pictures: what the gallery searches. The files are the picture store's.

import type { ImageDetail, ImageRecord } from "../schema/image.ts";
import type { Database } from "./database.ts";
import type { Sql } from "./sql.ts";
import { every, sql } from "./sql.ts";
import { storableJson } from "./storable.ts";

/** A row without its record, which is long. */
interface ImageRow {
  readonly id: string;
  readonly number: number;
  readonly job: string;
  readonly picture: number;
  readonly width: number;
  readonly height: number;
  readonly size_bytes: number;
  readonly prompt: string;
  readonly negative_prompt: string;
  readonly model: string;
  readonly model_hash: string;
  readonly sampler: string;
  readonly seed: number | null;
  readonly steps: number | null;
  readonly guidance_scale: number | null;
  readonly rating: number;
  readonly created_at: Date;
}

/** A picture whose file is in the store. */
export interface NewImage {
  readonly id: string;
  readonly job: string;
  readonly picture: number;
  /** Its name in the store. */
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly sizeBytes: number;
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly model: string;
  readonly modelHash: string;
  readonly sampler: string;
  readonly seed: number | null;
  readonly steps: number | null;
  readonly guidanceScale: number | null;
  readonly record: object;
}

/** What to look for. */
export interface ImageSearch {
  readonly words?: readonly string[];
  readonly model?: string;
  readonly sampler?: string;
  readonly job?: string;
  readonly owner?: string;
  readonly since?: string;
  readonly until?: string;
  readonly rating?: number;
  readonly below?: number;
  readonly limit: number;
}

/** What can be done with the rows. A deleted picture's stays, unseen: a job that is made again does not make it anew. */
export interface ImageTable {
  /** Writes it down, unless it is there. */
  insert(image: NewImage): Promise<ImageRecord | undefined>;
  find(id: string): Promise<(ImageDetail & { readonly file: string; readonly owner: string }) | undefined>;
  /** Newest first, with the numbers to go on below. */
  search(search: ImageSearch): Promise<{ readonly number: number; readonly image: ImageRecord }[]>;
  /** Of these jobs, in the order of pictures. */
  ofJobs(jobs: readonly string[]): Promise<ImageRecord[]>;
  /** Numbers of the pictures that a job has made, deleted ones too. */
  made(job: string): Promise<number[]>;
  rate(id: string, rating: number): Promise<void>;
  remove(id: string): Promise<void>;
}

const columns = sql`images.id, images.number, job, picture, width, height, size_bytes, prompt, negative_prompt, model, model_hash,
  sampler, seed, steps, guidance_scale, rating, images.created_at`;

/** The pictures of `database`. */
export function imageTable(database: Database): ImageTable {
  return {
    async insert(image) {
      const [row] = await database.query<ImageRow>(sql`
        insert into images (id, job, picture, file, width, height, size_bytes, prompt, negative_prompt, model, model_hash,
          sampler, seed, steps, guidance_scale, record, words)
        values (${image.id}, ${image.job}, ${image.picture}, ${image.file}, ${image.width}, ${image.height},
          ${image.sizeBytes}, ${image.prompt}, ${image.negativePrompt}, ${image.model},
          ${image.modelHash}, ${image.sampler}, ${image.seed}, ${image.steps}, ${image.guidanceScale},
          ${storableJson(image.record)}::jsonb, ${image.prompt.toLowerCase()})
        on conflict (id) do nothing returning ${columns}`);
      return row && recordOf(row);
    },
    async find(id) {
      const [row] = await database.query<
        ImageRow & { file: string; owner: string; record: Record<string, unknown> }
      >(sql`
        select ${columns}, record, file, owner from images join jobs on jobs.id = job
        where images.id = ${id} and not is_deleted`);
      return row && { ...recordOf(row), record: row.record, file: row.file, owner: row.owner };
    },
    async search({ words = [], model, sampler, job, owner, since, until, rating, below, limit }) {
      const conditions: Sql[] = [
        sql`not is_deleted`,
        ...words.map((word) => sql`words like ${`%${word.toLowerCase().replaceAll(/[\\%_]/g, "\\$&")}%`}`),
        ...(model === undefined ? [] : [sql`model = ${model}`]),
        ...(sampler === undefined ? [] : [sql`sampler = ${sampler}`]),
        ...(job === undefined ? [] : [sql`job = ${job}`]),
        ...(owner === undefined ? [] : [sql`job in (select id from jobs where owner = ${owner})`]),
        ...(since === undefined ? [] : [sql`images.created_at >= ${since}`]),
        ...(until === undefined ? [] : [sql`images.created_at < ${until}`]),
        ...(rating === undefined ? [] : [sql`rating >= ${rating}`]),
        ...(below === undefined ? [] : [sql`images.number < ${below}`]),
      ];
      const rows = await database.query<ImageRow>(
        sql`select ${columns} from images where ${every(conditions)} order by images.number desc limit ${limit}`,
      );
      return rows.map((row) => ({ number: Number(row.number), image: recordOf(row) }));
    },
    async ofJobs(jobs) {
      const rows = await database.query<ImageRow>(
        sql`select ${columns} from images where job = any(${jobs}) and not is_deleted order by job, picture`,
      );
      return rows.map(recordOf);
    },
    async made(job) {
      const rows = await database.query<{ picture: number }>(sql`select picture from images where job = ${job}`);
      return rows.map(({ picture }) => picture);
    },
    async rate(id, rating) {
      await database.query(sql`update images set rating = ${rating} where id = ${id}`);
    },
    async remove(id) {
      await database.query(sql`update images set is_deleted = true where id = ${id}`);
    },
  };
}

function recordOf(row: ImageRow): ImageRecord {
  const path = `/v1/images/${encodeURIComponent(row.id)}`;
  return {
    id: row.id,
    job: row.job,
    index: row.picture,
    url: `${path}/file`,
    thumbnail: `${path}/thumbnail`,
    width: row.width,
    height: row.height,
    sizeBytes: Number(row.size_bytes),
    prompt: row.prompt,
    negativePrompt: row.negative_prompt,
    model: row.model,
    modelHash: row.model_hash,
    sampler: row.sampler,
    seed: row.seed === null ? null : Number(row.seed),
    steps: row.steps,
    guidanceScale: row.guidance_scale,
    rating: row.rating,
    createdAt: row.created_at.toISOString(),
  };
}
