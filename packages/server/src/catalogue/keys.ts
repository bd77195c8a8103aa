// The table of keys and that of settings.

import type { KeyRecord } from "../schema/server-info.ts";
import type { Database } from "./database.ts";
import { sql } from "./sql.ts";
import { storableJson } from "./storable.ts";

/** What can be done with keys; what makes them keys is never here, only its hash. */
export interface KeyTable {
  insert(key: { readonly id: string; readonly name: string; readonly hash: string }): Promise<KeyRecord>;
  list(): Promise<(KeyRecord & { readonly hash: string })[]>;
  /** False when there is none. */
  remove(id: string): Promise<boolean>;
}

/** What can be done with settings. */
export interface SettingTable {
  read(name: string): Promise<unknown>;
  write(name: string, value: unknown): Promise<void>;
}

interface KeyRow {
  readonly id: string;
  readonly name: string;
  readonly hash: string;
  readonly created_at: Date;
}

/** The keys of `database`. */
export const keyTable = (database: Database): KeyTable => ({
  async insert({ id, name, hash }) {
    const [row] = await database.query<KeyRow>(
      sql`insert into keys (id, name, hash) values (${id}, ${name}, ${hash}) returning *`,
    );
    return { id, name, createdAt: row.created_at.toISOString() };
  },
  async list() {
    const rows = await database.query<KeyRow>(sql`select * from keys order by created_at, id`);
    return rows.map(({ created_at, ...key }) => ({ ...key, createdAt: created_at.toISOString() }));
  },
  async remove(id) {
    return (await database.query(sql`delete from keys where id = ${id} returning id`)).length > 0;
  },
});

/** The settings of `database`. */
export const settingTable = (database: Database): SettingTable => ({
  async read(name) {
    const [row] = await database.query<{ value: unknown }>(sql`select value from settings where name = ${name}`);
    return row?.value;
  },
  async write(name, value) {
    await database.query(sql`
      insert into settings (name, value) values (${name}, ${storableJson(value)}::jsonb)
      on conflict (name) do update set value = excluded.value`);
  },
});
