// What the server can do, as its tables say.

import { client } from "./api.ts";
import { resource } from "./resource.ts";

/** Installed models. */
export const models = resource(() => client.models());

/** Networks that enlarge pictures. */
export const upscalers = resource(() => client.upscalers());

/** LoRAs, embeddings, hypernetworks. */
export const adapters = resource(() => client.adapters());

/** Names that stand for a line of a file. */
export const wildcards = resource(() => client.wildcards());

/** ControlNets, T2I-Adapters, IP-Adapters. */
export const controls = resource(() => client.controls());

/** How to step. */
export const samplers = resource(() => client.samplers());

/** Which noise levels to step through. */
export const schedules = resource(() => client.schedules());

/** The server's limits and state. */
export const health = resource(() => client.health());

/** The model that a job takes: the one named, or the server's default. */
export const modelNamed = (id: string | undefined) =>
  models.value.value?.find((model) => (id === undefined ? model.isDefault : model.id === id));
