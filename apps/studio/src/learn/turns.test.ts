import { expect, it } from "vitest";
import { turns } from "./turns.ts";

const never = new AbortController().signal;

it("take() does one thing at a time, and first what is seen", async () => {
  const line = turns();
  const order: string[] = [];
  let running = 0;
  const work = (name: string) => async () => {
    expect(++running).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 1));
    order.push(name);
    running--;
  };
  let seen = "";
  const take = (name: string) => line.take(work(name), { isSeen: () => seen === name, signal: never });
  const all = ["a", "b", "c"].map(take);
  seen = "c";
  await Promise.all(all);
  expect(order).toEqual(["a", "c", "b"]);
});

it("take() leaves out what was stopped while it waited, and goes on after a failure", async () => {
  const line = turns();
  const stop = new AbortController();
  const isSeen = () => false;
  const failing = line.take(() => Promise.reject(new Error("no")), { isSeen, signal: never });
  const stopped = line.take(async () => "stopped", { isSeen, signal: stop.signal });
  const last = line.take(async () => "last", { isSeen, signal: never });
  stop.abort(new Error("left"));
  await expect(failing).rejects.toThrow("no");
  await expect(stopped).rejects.toThrow("left");
  expect(await last).toBe("last");
});

it("take() rejects at once when the signal is aborted already", async () => {
  const signal = AbortSignal.abort(new Error("left"));
  await expect(turns().take(async () => 1, { isSeen: () => true, signal })).rejects.toThrow("left");
});
