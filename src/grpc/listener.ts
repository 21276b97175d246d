import { type Server, ServerCredentials } from '@grpc/grpc-js';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { ConnectionLimiter } from '../http/admission/connection-limiter.js';

/** Takes the connections of gRPC, within their limits, and hands them to its server. */
export class Listener {
  readonly #sockets = new Map<string, Socket>();
  readonly #listening = createServer({ noDelay: true });

  constructor(private readonly connections: ConnectionLimiter) {}

  /** @returns the port @throws NodeJS.ErrnoException */
  listen(server: Server, port: number): Promise<number> {
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    this.#listening.on('connection', (socket) => {
      if (!this.connections.admit(socket)) return;
      const peer = `${socket.remoteAddress}:${socket.remotePort}`;
      this.#sockets.set(peer, socket);
      socket.once('close', () => this.#sockets.delete(peer));
      injector.injectConnection(socket);
    });
    return new Promise((resolve, reject) => {
      this.#listening.once('error', reject);
      this.#listening.listen(port, '0.0.0.0', () => resolve((this.#listening.address() as AddressInfo).port));
    });
  }

  /** The connection of this peer has an authenticated call, until the returned function is called. */
  hold(peer: string): () => void {
    const socket = this.#sockets.get(peer);
    return socket ? this.connections.hold(socket) : () => undefined;
  }

  /**
   * Takes no new connection, and resolves once all have ended. The server does not wait for connections that were handed to
   * it.
   */
  close(): Promise<void> {
    return new Promise((closed) => this.#listening.close(() => closed()));
  }

  /** Ends all connections at once. */
  cut(): void {
    for (const socket of this.#sockets.values()) socket.destroy();
  }
}
