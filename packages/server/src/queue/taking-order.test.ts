import { expect, test } from "vitest";
import { mostOvertakes, takingOrder } from "./taking-order.ts";

const line = [
  { id: "1", priority: 1, network: "a" },
  { id: "2", priority: 0, network: "b" },
  { id: "3", priority: 0, network: "c" },
];
const open = (...names: string[]) => ({ isOpen: async (name: string) => names.includes(name) });

test("takingOrder() puts networks that are open before others of the same priority", async () => {
  const equal = line.map((job) => ({ ...job, priority: 0 }));
  expect(await takingOrder(equal, { networks: open("c"), overtakes: 0 })).toEqual(["c", "a", "b"]);
  expect(await takingOrder(equal, { networks: open("c", "b"), overtakes: 0 })).toEqual(["b", "c", "a"]);
  expect(await takingOrder(equal, { networks: open(), overtakes: 0 })).toEqual(["a", "b", "c"]);
  expect(await takingOrder([], { networks: open("c"), overtakes: 0 })).toEqual([]);
});

test("takingOrder() keeps to the line when a job of higher priority waits or enough have overtaken its head", async () => {
  expect(await takingOrder(line, { networks: open("c"), overtakes: 0 })).toEqual(["a", "b", "c"]);
  const equal = line.map((job) => ({ ...job, priority: 0 }));
  expect(await takingOrder(equal, { networks: open("c"), overtakes: mostOvertakes })).toEqual(["a", "b", "c"]);
});
