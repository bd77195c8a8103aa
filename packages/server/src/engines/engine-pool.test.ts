import { expect, test } from "vitest";
import { enginePool, isEngineCrash } from "./engine-pool.ts";

/** Things that note when they are opened and closed. */
function things() {
  const notes: string[] = [];
  const thing = (key: string, sizeBytes = 1) => ({
    key,
    sizeBytes,
    async open() {
      notes.push(`open ${key}`);
      return { close: async () => void notes.push(`close ${key}`) };
    },
  });
  return { notes, thing };
}
const { signal } = new AbortController();

test("enginePool() opens a thing once and closes the one used longest ago when memory is short", async () => {
  const { notes, thing } = things();
  const pool = enginePool({ memoryBytes: 2 });
  for (const key of ["a", "b", "a", "c"]) await pool.use(thing(key), signal, async () => {});
  expect(notes).toEqual(["open a", "open b", "close b", "open c"]);
  expect(pool.open()).toEqual(["a", "c"]);
  await pool.use(thing("large", 5), signal, async () => {});
  expect(pool.open()).toEqual(["large"]);
  await pool.close();
  expect(notes.at(-1)).toBe("close large");
});

test("enginePool() lets work on one thing wait for its turn and never closes what is in use", async () => {
  const { notes, thing } = things();
  const pool = enginePool({ memoryBytes: 1 });
  let finish = () => {};
  const first = pool.use(thing("a"), signal, () => new Promise<void>((resolve) => (finish = resolve)));
  const order: string[] = [];
  const second = pool.use(thing("a"), signal, async () => void order.push("second"));
  await pool.use(thing("b"), signal, async () => void order.push("other"));
  expect(notes).toEqual(["open a", "open b"]);
  finish();
  await Promise.all([first, second]);
  expect(order).toEqual(["other", "second"]);
});

test("enginePool() opens a thing anew when its engine crashed or it could not be opened", async () => {
  const { notes, thing } = things();
  const pool = enginePool({ memoryBytes: 9 });
  const crash = new Error(
    'Cannot run "unet" on cpu: the engine process was killed (out of memory is the usual reason)',
  );
  await expect(pool.use(thing("a"), signal, () => Promise.reject(crash))).rejects.toBe(crash);
  await pool.use(thing("a"), signal, async () => {});
  expect(notes).toEqual(["open a", "close a", "open a"]);
  const broken = { key: "b", sizeBytes: 1, open: () => Promise.reject(new Error("damaged")) };
  await expect(pool.use(broken, signal, async () => {})).rejects.toThrow("damaged");
  expect(pool.open()).toEqual(["a"]);
  expect(isEngineCrash(new Error("outer", { cause: crash }))).toBe(true);
  expect(isEngineCrash(new Error("the engine process"))).toBe(false);
});
