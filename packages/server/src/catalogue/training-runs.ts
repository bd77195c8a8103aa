// The table of training runs; what they wrote is in their folders.

import type { TrainingRun } from "../schema/training.ts";
import type { Database } from "./database.ts";
import { sql } from "./sql.ts";
import { storableJson } from "./storable.ts";

/** A row. */
export interface TrainingRow {
  readonly id: string;
  readonly name: string;
  readonly trainer: string;
  readonly recipe: Record<string, unknown>;
  readonly state: TrainingRun["state"];
  readonly step: number;
  readonly steps: number;
  readonly error: string | null;
  readonly created_at: Date;
}

/** What can be done with the rows. */
export interface TrainingTable {
  insert(run: Pick<TrainingRow, "id" | "name" | "trainer" | "recipe" | "steps">): Promise<TrainingRow>;
  find(id: string): Promise<TrainingRow | undefined>;
  list(): Promise<TrainingRow[]>;
  update(id: string, change: Pick<TrainingRow, "state" | "step" | "error">): Promise<void>;
  /** Those that ran when the server ended are interrupted. */
  recover(): Promise<void>;
}

/** The training runs of `database`. */
export const trainingTable = (database: Database): TrainingTable => ({
  async insert({ id, name, trainer, recipe, steps }) {
    const [row] = await database.query<TrainingRow>(sql`
      insert into training_runs (id, name, trainer, recipe, state, steps)
      values (${id}, ${name}, ${trainer}, ${storableJson(recipe)}::jsonb, 'running', ${steps}) returning *`);
    return row;
  },
  async find(id) {
    return (await database.query<TrainingRow>(sql`select * from training_runs where id = ${id}`))[0];
  },
  list: () => database.query<TrainingRow>(sql`select * from training_runs order by number desc limit 200`),
  async update(id, { state, step, error }) {
    await database.query(
      sql`update training_runs set state = ${state}, step = ${step}, error = ${error} where id = ${id}`,
    );
  },
  async recover() {
    await database.query(sql`update training_runs set state = 'interrupted' where state = 'running'`);
  },
});
