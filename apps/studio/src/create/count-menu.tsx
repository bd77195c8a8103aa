// How many pictures to make.

import { useId } from "preact/hooks";
import { text } from "../text/text.ts";

/** A menu of `counts`, with `value` among them whatever it is. */
export function CountMenu({
  counts,
  value,
  onChange,
}: {
  counts: readonly number[];
  value: number;
  onChange: (count: number) => void;
}) {
  const t = text.value.create;
  const id = useId();
  return (
    <>
      <label class="visually-hidden" for={id}>
        {t.count}
      </label>
      <select
        id={id}
        class="select count"
        value={value}
        onChange={({ currentTarget }) => onChange(Number(currentTarget.value))}
      >
        {[...new Set([...counts, value])]
          .sort((a, b) => a - b)
          .map((count) => (
            <option key={count} value={count}>
              {t.pictures(count)}
            </option>
          ))}
      </select>
    </>
  );
}
