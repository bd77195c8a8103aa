// The public surface of @noisette/server.

export { connect, RequestError } from "./client.ts";
export type { Client, ConnectOptions } from "./client.ts";
export { createServer } from "./server.ts";
export type { Server } from "./server.ts";
export type { ServerOptions } from "./server-options.ts";
export type { Services } from "./services.ts";
export type { JobEvent } from "./schema/job-event.ts";
export type { JobRequest } from "./schema/job-request.ts";
export type { Job } from "./schema/job.ts";
export type { ImageDetail, ImageRecord } from "./schema/image.ts";
export type { Problem } from "./schema/problem.ts";
