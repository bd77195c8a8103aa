/** Whether `value`, of JSON that others wrote, is an object with names: no list, not null. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
