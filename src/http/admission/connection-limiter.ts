import type { Server, Socket } from 'node:net';

export interface ConnectionLimits {
  readonly total: number;
  readonly perAddress: number;
}

/** A quarter of the connections may come from one address, unless it is a proxy that a setting names. */
export const connectionLimits = (total: number): ConnectionLimits => ({
  total,
  perAddress: Math.ceil(total / 4),
});

interface Connection {
  readonly address: string;
  /** Requests under way whose key is known. */
  requests: number;
}

/**
 * Bounds the connections of a server. Over a limit the oldest connection without an authenticated request gives way: one
 * that is idle between two requests, or has not sent its request yet. So connections that stall cannot keep others out.
 */
export class ConnectionLimiter {
  readonly #connections = new Map<Socket, Connection>();
  readonly #perAddress = new Map<string, Set<Socket>>();

  /**
   * @param clientOf of a peer; undefined: only the total counts, as for a proxy in front of many clients
   */
  constructor(
    private readonly limits: ConnectionLimits,
    private readonly clientOf: (remoteAddress: string | undefined) => string | undefined,
  ) {}

  get open(): number {
    return this.#connections.size;
  }

  watch(server: Server): void {
    server.on('connection', (socket: Socket) => void this.admit(socket));
  }

  /** False: there was no place, and the connection is closed. */
  admit(socket: Socket): boolean {
    const address = this.clientOf(socket.remoteAddress) ?? '';
    const siblings = address === '' ? undefined : this.#perAddress.get(address);
    const isPlace =
      ((siblings?.size ?? 0) < this.limits.perAddress || this.#evict(siblings ?? [])) &&
      (this.#connections.size < this.limits.total || this.#evict(this.#connections.keys()));
    if (isPlace) this.#add(socket, address);
    else socket.destroy();
    return isPlace;
  }

  /** An authenticated request on this connection is under way, until the returned function is called. */
  hold(socket: Socket): () => void {
    const connection = this.#connections.get(socket);
    if (!connection) return () => undefined;
    connection.requests += 1;
    let over = false;
    return () => {
      if (!over) connection.requests -= 1;
      over = true;
    };
  }

  #add(socket: Socket, address: string): void {
    this.#connections.set(socket, { address, requests: 0 });
    if (address !== '') {
      const siblings = this.#perAddress.get(address);
      if (siblings) siblings.add(socket);
      else this.#perAddress.set(address, new Set([socket]));
    }
    socket.once('close', () => this.#remove(socket));
  }

  #remove(socket: Socket): void {
    const connection = this.#connections.get(socket);
    if (!connection) return;
    this.#connections.delete(socket);
    const siblings = this.#perAddress.get(connection.address);
    if (siblings?.delete(socket) && siblings.size === 0) this.#perAddress.delete(connection.address);
  }

  /** Maps and sets iterate from the oldest. */
  #evict(sockets: Iterable<Socket>): boolean {
    for (const socket of sockets) {
      if (this.#connections.get(socket)?.requests !== 0) continue;
      this.#remove(socket);
      socket.destroy();
      return true;
    }
    return false;
  }
}
