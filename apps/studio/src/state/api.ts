// The server that this page came from.

import { connect, RequestError } from "@noisette/server/client";

const keyName = "noisette.key";

const storedKey = (): string | undefined => {
  try {
    return localStorage.getItem(keyName) ?? undefined;
  } catch {
    return undefined;
  }
};

/** The server. It is below the address of the page, wherever that is. */
export const client = connect(new URL(".", location.href).href, { key: storedKey() });

/** Takes `key` for all requests from now on, those of pictures included. Throws what the server says where it is none. */
export async function takeServerKey(key: string): Promise<void> {
  const other = connect(new URL(".", location.href).href, { key });
  await other.openSession();
  localStorage.setItem(keyName, key);
  location.reload();
}

/** Whether `error` says that a key is wanted. */
export const wantsKey = (error: unknown): boolean => error instanceof RequestError && error.problem.status === 401;
