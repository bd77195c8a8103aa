import { expect, it } from "vitest";
import { onEachDevice } from "../fixtures/on-each-device.ts";
import { figures, keepsBound } from "./case.ts";
import { networkCases } from "./networks.ts";

onEachDevice("networks", (device, engine) => {
  it.each(networkCases.filter(({ bounds }) => device in bounds))(
    "$name is the reference's",
    async (fidelityCase) => {
      const figure = await fidelityCase.measure({ device, engine: engine() });
      const { title, format } = figures[fidelityCase.figure];
      const verdict = `${title} ${format(figure)} (${format(fidelityCase.bounds[device]!)} is wanted)`;
      expect(keepsBound(fidelityCase, device, figure), verdict).toBe(true);
    },
    300_000,
  );
});
