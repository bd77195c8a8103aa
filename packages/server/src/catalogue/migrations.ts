// The tables, as the steps that made them: a catalogue of any earlier version is brought up to date when it is opened.
// A step that was released is never changed; a change is a further step.

import type { Database } from "./database.ts";
import { sql } from "./sql.ts";

const steps: readonly string[] = [
  `
create table jobs (
  id text primary key,
  number bigint generated always as identity unique,
  owner text not null,
  idempotency_key text,
  task text not null,
  state text not null default 'queued',
  priority int not null default 0,
  request jsonb not null,
  attempts int not null default 0,
  notices jsonb not null default '[]',
  error jsonb,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  unique (owner, idempotency_key)
);
create index jobs_in_line on jobs (priority desc, number) where state = 'queued';
create index jobs_running on jobs (number) where state = 'running';

create table images (
  id text primary key,
  number bigint generated always as identity unique,
  job text not null references jobs (id),
  picture int not null,
  file text not null,
  width int not null,
  height int not null,
  size_bytes bigint not null,
  prompt text not null,
  negative_prompt text not null,
  model text not null,
  model_hash text not null,
  sampler text not null,
  seed bigint,
  steps int,
  guidance_scale double precision,
  record jsonb not null,
  rating int not null default 0,
  is_deleted boolean not null default false,
  created_at timestamptz not null default now()
);
create index images_of_job on images (job, picture);

create table keys (
  id text primary key,
  name text not null,
  hash text not null unique,
  created_at timestamptz not null default now()
);

create table settings (
  name text primary key,
  value jsonb not null
);

create table training_runs (
  id text primary key,
  number bigint generated always as identity unique,
  name text not null,
  trainer text not null,
  recipe jsonb not null,
  state text not null,
  step int not null default 0,
  steps int not null,
  error text,
  created_at timestamptz not null default now()
);
`,
  // What searches look in: without a difference between upper and lower case that would have to be made for every row.
  `
alter table images add column words text not null default '';
update images set words = lower(prompt);
`,
  // What a job is done with first of all: workers that have it open take such jobs first.
  `
alter table jobs add column network text not null default '';
`,
];

// Any number that nothing else locks: servers that start together on one Postgres take turns.
const lock = 7_860_001;

/** Brings the tables up to date. Throws Error when a later version of this program made them. */
export async function migrate(database: Database): Promise<void> {
  await database.run(`
    select pg_advisory_xact_lock(${lock});
    create table if not exists migrations (step int primary key, made_at timestamptz not null default now())`);
  const [{ done }] = await database.query<{ done: number }>(sql`select count(*)::int as done from migrations`);
  if (done > steps.length)
    throw new Error(
      `Cannot open the catalogue: it has ${done} steps of migration (${steps.length} are known: a newer noisette made it)`,
    );
  for (let step = done; step < steps.length; step++) {
    // Whoever had to wait for the lock finds the step made.
    await database.run(`
      select pg_advisory_xact_lock(${lock});
      do $migration$ begin
        if exists (select from migrations where migrations.step = ${step}) then return; end if;
        insert into migrations (step) values (${step});
        ${steps[step]}
      end $migration$`);
  }
}
