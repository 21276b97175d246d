import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { API_KEY, WRITE_KEY } from './server-process.js';

/** Every address of the loopback network is a client of its own. */
export const ATTACKER = '127.0.0.66';
const GOOD_CLIENT = '127.0.0.2';

export interface Request {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Of the body; usual: what it has. */
  readonly declaredBytes?: number;
  readonly from?: string;
}

/** A connection of its own, which stays open when it has been sent all that there is. */
export class RawRequest {
  private received = '';
  private constructor(readonly socket: Socket) {
    socket.on('error', () => undefined).on('data', (chunk) => (this.received += chunk.toString('latin1')));
  }

  static async send(port: number, request: Request): Promise<RawRequest> {
    const { method = 'POST', path, headers = {}, body = '', from = ATTACKER } = request;
    const bytes = Buffer.from(body as string);
    const length = request.declaredBytes ?? bytes.length;
    const lines = Object.entries({ host: 'x', 'content-length': String(length), ...headers });
    const head = [`${method} ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`)];
    return RawRequest.open(port, Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), bytes]), from);
  }

  static async open(port: number, bytes: Uint8Array, from = ATTACKER): Promise<RawRequest> {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from });
    const raw = new RawRequest(socket);
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined);
    if (!socket.destroyed) socket.write(bytes);
    return raw;
  }

  get status(): number | undefined {
    const status = /^HTTP\/1\.1 (\d{3})/.exec(this.received)?.[1];
    return status === undefined ? undefined : Number(status);
  }

  /** Of the answer; undefined where the connection was closed without one. */
  async answered(): Promise<number | undefined> {
    while (this.status === undefined && !this.socket.destroyed) await sleep(20);
    this.socket.destroy();
    return this.status;
  }
}

/** Clients that send one event and ask one question after the other, each on a connection of its own, and wait for both. */
export class GoodClient {
  answered = 0;
  readonly failures: string[] = [];
  private stopping = false;
  private readonly work: Promise<void>;

  constructor(private readonly port: number) {
    this.work = this.run();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.work;
  }

  private async run(): Promise<void> {
    for (let nth = 0; !this.stopping; nth += 1) {
      const messageId = `good-${process.pid}-${this.port}-${nth}`;
      const event = { messageId, type: 'track', event: 'Seen', userId: 'u-1' };
      await this.expect(200, {
        path: '/v1/track',
        headers: { 'x-write-key': WRITE_KEY },
        body: JSON.stringify(event),
      });
      const fromBrowser = { ...event, messageId: `${messageId}-b`, writeKey: WRITE_KEY };
      await this.expect(200, { path: '/v1/track', body: JSON.stringify(fromBrowser) });
      const headers = { authorization: `Bearer ${API_KEY}` };
      await this.expect(200, { method: 'GET', path: '/api/log/head', headers });
    }
  }

  /** As every client does, it sends again what was not answered: its connection may have had to give way. */
  private async expect(status: number, request: Request): Promise<void> {
    let answer: number | undefined;
    for (let tries = 0; answer === undefined && tries < 3; tries += 1)
      answer = await (await RawRequest.send(this.port, { ...request, from: GOOD_CLIENT })).answered();
    if (answer === status) this.answered += 1;
    else this.failures.push(`${request.path} answered ${answer}`);
  }
}
