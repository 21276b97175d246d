import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/**
 * A wire to a server on this machine that can be cut, slowed and silenced, for tests of what a network does to the
 * engines. Bytes are passed on in order and unchanged.
 */
export class TcpProxy {
  private readonly pairs = new Set<Pair>();
  private readonly waiting = new Set<() => void>();
  private delayMs = 0;
  private silent = false;
  private away = false;

  private constructor(
    private readonly listener: Server,
    readonly port: number,
    private readonly targetPort: number,
  ) {}

  /** @param port to listen on; 0: a free one */
  static async start(targetPort: number, port = 0): Promise<TcpProxy> {
    const listener = createServer((client) => proxy.accept(client));
    listener.listen(port, '127.0.0.1');
    await once(listener, 'listening');
    const proxy = new TcpProxy(listener, (listener.address() as AddressInfo).port, targetPort);
    return proxy;
  }

  /** The same URL by way of this proxy. */
  through(url: string): string {
    return Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(this.port) }).href;
  }

  get connections(): number {
    return this.pairs.size;
  }

  /** Breaks every connection; new ones are taken. */
  cut(): void {
    for (const { client, server } of this.pairs) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  /** Breaks every connection and refuses new ones until `restore`. */
  refuse(): void {
    this.away = true;
    this.cut();
  }

  /** From now on every piece takes so much longer, each way. */
  delay(ms: number): void {
    this.delayMs = ms;
  }

  /** Blocks all data silently: connections stay open, new ones are accepted and get no data. */
  silence(): void {
    this.silent = true;
  }

  /** All is well again; what waited in silence passes. */
  restore(): void {
    this.delayMs = 0;
    this.silent = this.away = false;
    for (const go of this.waiting) go();
    this.waiting.clear();
  }

  async stop(): Promise<void> {
    this.refuse();
    this.restore();
    this.listener.close();
    await once(this.listener, 'close');
  }

  private accept(client: Socket): void {
    if (this.away) {
      client.resetAndDestroy();
      return;
    }
    const server = connect(this.targetPort, '127.0.0.1');
    const pair = { client, server };
    this.pairs.add(pair);
    void this.pass(client, server);
    void this.pass(server, client);
    const end = (): void => {
      this.pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', end);
    }
  }

  private async pass(from: Socket, to: Socket): Promise<void> {
    try {
      for await (const piece of from) {
        if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
        if (this.silent) await new Promise<void>((go) => this.waiting.add(go));
        if (!to.destroyed && !to.write(piece as Buffer)) await once(to, 'drain');
      }
    } catch {
      // A connection that was cut.
    }
    to.end();
  }
}
