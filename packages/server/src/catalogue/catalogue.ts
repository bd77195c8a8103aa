// The catalogue: everything the server must remember, except the pictures themselves.

import type { Database } from "./database.ts";
import { imageTable } from "./images.ts";
import type { ImageTable } from "./images.ts";
import { jobTable } from "./jobs.ts";
import type { JobTable } from "./jobs.ts";
import { keyTable, settingTable } from "./keys.ts";
import type { KeyTable, SettingTable } from "./keys.ts";
import { migrate } from "./migrations.ts";
import { trainingTable } from "./training-runs.ts";
import type { TrainingTable } from "./training-runs.ts";

/** The tables. */
export interface Catalogue {
  readonly jobs: JobTable;
  readonly images: ImageTable;
  readonly keys: KeyTable;
  readonly settings: SettingTable;
  readonly trainingRuns: TrainingTable;
  close(): Promise<void>;
}

/** The catalogue in `database`, its tables brought up to date. */
export async function openCatalogue(database: Database): Promise<Catalogue> {
  await migrate(database);
  return {
    jobs: jobTable(database),
    images: imageTable(database),
    keys: keyTable(database),
    settings: settingTable(database),
    trainingRuns: trainingTable(database),
    close: () => database.close(),
  };
}
