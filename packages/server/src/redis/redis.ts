// Connections to Redis. One that breaks is made anew, and what was asked meanwhile is asked then.

import { Redis } from "ioredis";
import { shownAddress } from "../away.ts";

/** Connections to one Redis, and the names that are ours in it. */
export interface RedisLink {
  readonly client: Redis;
  /** For what blocks a connection: subscriptions and long reads. */
  another(): Redis;
  /** What our keys and channels begin with: channels are the same for all of a server's databases. */
  readonly prefix: string;
  close(): Promise<void>;
}

/** Connects to the Redis at `address`, a redis:// or rediss:// URL. Throws Error when it cannot be opened as that says. */
export async function openRedis(address: string): Promise<RedisLink> {
  const connect = () => {
    const connection = new Redis(address, {
      // Both as BullMQ wants it: commands wait for the connection however long it is away.
      maxRetriesPerRequest: null,
      enableReadyCheck: true,
      lazyConnect: true,
      retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 5), 1000),
    });
    // Without a listener every failed try would be printed.
    connection.on("error", () => undefined);
    return connection;
  };
  const client = connect();
  const open: Redis[] = [client];
  try {
    await firstAnswer(client);
  } catch (cause) {
    client.disconnect();
    throw new Error(
      `Cannot open the queue at "${shownAddress(address)}": ${(cause as Error).message} (redis://host:port of a server that runs is wanted)`,
      { cause },
    );
  }
  return {
    client,
    another() {
      const connection = connect();
      open.push(connection);
      return connection;
    },
    prefix: `noisette:${client.options.db ?? 0}`,
    async close() {
      for (const connection of open) connection.disconnect();
    },
  };
}

/** Resolves once it answers; rejects when it does not within seconds, or refuses. */
async function firstAnswer(client: Redis): Promise<void> {
  let last: Error = new Error("it does not answer");
  client.on("error", (error: Error) => (last = error));
  const timer = new Promise<never>((_, reject) => {
    setTimeout(() => reject(last), 5000).unref();
  });
  client.connect().catch(() => undefined);
  await Promise.race([client.ping(), timer]);
}
