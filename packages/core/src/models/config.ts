// Reading published config.json files: typed fields, and a clear error for a value this implementation does not have.

/** A config.json as published: snake_case keys. */
export type PublishedConfig = Readonly<Record<string, unknown>>;

/** Reads fields of one network's config.json; every error names the class and the field. */
export class ConfigReader {
  readonly #config: PublishedConfig;
  /** The published class, for messages. */
  readonly className: string;

  constructor(config: PublishedConfig, className: string) {
    this.#config = config;
    this.className = className;
  }

  number(key: string, fallback?: number): number {
    return this.#read(
      key,
      fallback,
      (value) => typeof value === "number" && Number.isFinite(value),
      "a number",
    ) as number;
  }

  string(key: string, fallback?: string): string {
    return this.#read(key, fallback, (value) => typeof value === "string", "a string") as string;
  }

  boolean(key: string, fallback: boolean): boolean {
    return this.#read(key, fallback, (value) => typeof value === "boolean", "true or false") as boolean;
  }

  numbers(key: string, fallback?: readonly number[]): readonly number[] {
    return this.#read(
      key,
      fallback,
      (value) => Array.isArray(value) && value.every(Number.isFinite),
      "a list of numbers",
    ) as number[];
  }

  strings(key: string, fallback?: readonly string[]): readonly string[] {
    return this.#read(
      key,
      fallback,
      (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
      "a list of strings",
    ) as string[];
  }

  /** One entry per block: a list as it is, a single number repeated. */
  perBlock(key: string, blocks: number, fallback?: number): readonly number[] {
    const value = this.#config[key] ?? fallback;
    if (typeof value === "number") return new Array<number>(blocks).fill(value);
    const list = this.numbers(key);
    if (list.length !== blocks) throw this.#error(key, `a list of ${list.length}`, `one for each of ${blocks} blocks`);
    return list;
  }

  /** Whether the field is there and not null. */
  has(key: string): boolean {
    return this.#config[key] !== undefined && this.#config[key] !== null;
  }

  /** One of `allowed`. Null and absent read as the fallback. */
  oneOf<T extends string>(key: string, allowed: readonly T[], fallback?: T): T {
    const value = this.string(key, fallback);
    if (!allowed.includes(value as T))
      throw this.#error(key, JSON.stringify(value), `one of ${allowed.map((item) => JSON.stringify(item)).join(", ")}`);
    return value as T;
  }

  /** A list of `count` names, each one of `allowed`. Null and absent read as the first of `allowed`, repeated. */
  eachOf<T extends string>(key: string, allowed: readonly T[], count: number): readonly T[] {
    const names = this.strings(key, new Array<string>(count).fill(allowed[0]));
    if (names.length !== count) throw this.#error(key, `a list of ${names.length}`, `one for each of ${count} blocks`);
    const other = names.find((name) => !allowed.includes(name as T));
    if (other !== undefined)
      throw this.#error(
        key,
        `a list with ${JSON.stringify(other)}`,
        allowed.map((name) => JSON.stringify(name)).join(" or "),
      );
    return names as readonly T[];
  }

  /** Throws unless the field is absent, null, or one of `values`: for options that only have one form here. */
  only(key: string, ...values: readonly unknown[]): void {
    const value = this.#config[key] ?? null;
    if (value !== null && !values.includes(value))
      throw this.#error(
        key,
        JSON.stringify(value),
        values.length === 0 ? "absent" : values.map((v) => JSON.stringify(v)).join(" or "),
      );
  }

  #read(key: string, fallback: unknown, valid: (value: unknown) => boolean, wanted: string): unknown {
    const value = this.#config[key] ?? fallback;
    if (value === undefined) throw this.#error(key, "absent", wanted);
    if (!valid(value)) throw this.#error(key, JSON.stringify(value), wanted);
    return value;
  }

  #error(key: string, is: string, wanted: string): Error {
    return new Error(`Cannot build ${this.className}: config "${key}" is ${is} (${wanted} is wanted)`);
  }
}
