// What to look for.

import type { RefObject } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { galleryQuery, searchGallery } from "../state/gallery.ts";
import { models, samplers } from "../state/tables.ts";
import { text } from "../text/text.ts";
import { Icon } from "../ui/icon.tsx";

const pauseMs = 200;

/** The search field and the menus beside it. */
export function GalleryFilters({ searchField }: { searchField: RefObject<HTMLInputElement | null> }) {
  const t = text.value.gallery;
  const id = useId();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    void models.load();
    void samplers.load();
  }, []);
  const query = galleryQuery.value;
  const change = (more: Partial<typeof query>) => {
    const next = Object.entries({ ...query, ...more }).filter(([, value]) => value !== undefined && value !== "");
    void searchGallery(Object.fromEntries(next));
  };
  return (
    <search class="filters">
      <div class="search-field">
        <Icon name="search" />
        <label for={`${id}-words`} class="visually-hidden">
          {t.words}
        </label>
        <input
          ref={searchField}
          id={`${id}-words`}
          class="input"
          type="search"
          placeholder={t.words}
          defaultValue={query.words ?? ""}
          onInput={({ currentTarget: { value } }) => {
            clearTimeout(timer.current);
            timer.current = setTimeout(() => change({ words: value }), pauseMs);
          }}
        />
      </div>
      <Menu label={t.model} value={query.model} onChange={(model) => change({ model })}>
        {(models.value.value ?? []).map(({ id }) => [id, id])}
      </Menu>
      <Menu label={t.sampler} value={query.sampler} onChange={(sampler) => change({ sampler })}>
        {(samplers.value.value ?? []).map(({ id, names }) => [id, names.a1111 ?? id])}
      </Menu>
      <Menu
        label={t.rating}
        value={query.rating === undefined ? undefined : String(query.rating)}
        onChange={(rating) => change({ rating })}
      >
        {[1, 2, 3, 4, 5].map((stars) => [String(stars), "★".repeat(stars)])}
      </Menu>
      <label class="row date">
        {t.since}
        <input
          class="input"
          type="date"
          value={localDay(query.since)}
          onChange={({ currentTarget: { value } }) =>
            change({ since: value === "" ? undefined : new Date(`${value}T00:00`).toISOString() })
          }
        />
      </label>
    </search>
  );
}

function Menu({
  label,
  value,
  onChange,
  children,
}: {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
  children: readonly (readonly [value: string, label: string])[];
}) {
  return (
    <select
      class="select"
      aria-label={label}
      value={value ?? ""}
      onChange={({ currentTarget }) => onChange(currentTarget.value === "" ? undefined : currentTarget.value)}
    >
      <option value="">{label}</option>
      {children.map(([value, label]) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </select>
  );
}

/** The day of `since` where we are, as date fields have it. */
function localDay(since: string | undefined): string {
  if (since === undefined) return "";
  const date = new Date(since);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
