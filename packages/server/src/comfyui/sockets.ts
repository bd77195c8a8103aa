// The WebSockets of ComfyUI's clients: JSON messages to one client by its id, or to all, and previews as binary ones.

import type { WSContext } from "hono/ws";
import type { WebSocketLike } from "@hono/node-server";

/** An open socket. */
export type Socket = WSContext<WebSocketLike & { readonly bufferedAmount?: number }>;

/** The clients that listen. */
export interface Sockets {
  add(client: string, owner: string, socket: Socket): void;
  remove(client: string, socket: Socket): void;
  /** A message to the client of this id; nothing happens where there is none. */
  send(client: string | undefined, type: string, data: object): void;
  /** A JPEG of what is being made. */
  sendPreview(client: string | undefined, jpeg: Uint8Array): void;
  /** A message to all clients of an owner. */
  broadcast(owner: string, type: string, data: object): void;
}

/** A client that does not read is left out of previews from here on, */
const previewBytes = 2 ** 20;
/** and is sent away from here on: it may come again. */
const mostBytes = 2 ** 24;

/** The clients of a server. */
export function openSockets(): Sockets {
  const clients = new Map<string, { readonly owner: string; readonly socket: Socket }>();
  const waiting = (socket: Socket): number => socket.raw?.bufferedAmount ?? 0;

  function write(socket: Socket, text: string): void {
    if (waiting(socket) > mostBytes) socket.close(1008, "too slow");
    else socket.send(text);
  }

  return {
    add(client, owner, socket) {
      clients.get(client)?.socket.close(1000, "the client came again");
      clients.set(client, { owner, socket });
    },
    remove(client, socket) {
      if (clients.get(client)?.socket.raw === socket.raw) clients.delete(client);
    },
    send(client, type, data) {
      const found = client === undefined ? undefined : clients.get(client);
      if (found !== undefined) write(found.socket, JSON.stringify({ type, data }));
    },
    sendPreview(client, jpeg) {
      const found = client === undefined ? undefined : clients.get(client);
      if (found === undefined || waiting(found.socket) > previewBytes) return;
      // Two big-endian numbers in front: 1 is a preview, 1 is JPEG.
      const message = new Uint8Array(8 + jpeg.length);
      message.set([0, 0, 0, 1, 0, 0, 0, 1]);
      message.set(jpeg, 8);
      found.socket.send(message);
    },
    broadcast(owner, type, data) {
      const text = JSON.stringify({ type, data });
      for (const client of clients.values()) if (client.owner === owner) write(client.socket, text);
    },
  };
}
