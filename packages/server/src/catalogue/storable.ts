// What Postgres cannot hold: U+0000, and halves of surrogate pairs. They become U+FFFD, as text decoders do it.

/** `text` as Postgres can hold it. */
export const storableText = (text: string): string => text.replaceAll(/\0|\p{Surrogate}/gu, "\uFFFD");

/** `value` as JSON that Postgres can hold. */
export const storableJson = (value: unknown): string =>
  // JSON has both as escapes only; a backslash that is itself escaped begins none.
  JSON.stringify(value).replaceAll(/\\\\|\\u0000|\\ud[89a-f][0-9a-f]{2}/g, (match) =>
    match === "\\\\" ? match : "\uFFFD",
  );
