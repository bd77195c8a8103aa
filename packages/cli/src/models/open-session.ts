// A model with the networks that take part beside it, opened together and closed together.

import type { GenerateInputs, LoadModelOptions, Model } from "@noisette/core";
import type { GenerationPlan } from "../pictures/plan.ts";
import { openGate } from "./open-gate.ts";
import { openUpscaler } from "./open-upscaler.ts";

/** An opened model, and the networks that take part beside it. */
export interface Session {
  readonly path: string;
  readonly model: Model;
  readonly inputs: Pick<GenerateInputs, "refiner" | "upscaler" | "gate">;
  close(): Promise<void>;
}

/** Opens the model at `path` and what `plan` names beside it. */
export async function openSession(
  path: string,
  plan: Pick<GenerationPlan, "load" | "refiner" | "upscaler" | "gate">,
  loading: Pick<LoadModelOptions, "signal" | "onDownload">,
): Promise<Session> {
  // Only now: a help page or a mistake in a flag needs no engine, and is there at once without it.
  const { load } = await import("@noisette/core");
  const opened: { close(): Promise<void> }[] = [];
  const close = async () => {
    for (const part of opened) await part.close();
  };
  try {
    const model = await load(path, { ...plan.load, ...loading });
    opened.push(model);
    const { device } = model;
    const { threads } = plan.load;
    const refiner = plan.refiner && (await load(plan.refiner, { device, threads, ...loading }));
    if (refiner) opened.push(refiner);
    const upscaler = plan.upscaler === undefined ? undefined : await openUpscaler(plan.upscaler, { device, threads });
    if (upscaler) opened.push(upscaler);
    const gate = plan.gate && (await openGate(plan.gate, { threads }));
    if (gate) opened.push(gate);
    const inputs = {
      ...(refiner && { refiner }),
      ...(upscaler && { upscaler: upscaler.upscale }),
      ...(gate && { gate }),
    };
    return { path, model, inputs, close };
  } catch (error) {
    await close();
    throw error;
  }
}
