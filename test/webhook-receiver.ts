import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface ReceivedMessage {
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly data: { readonly leadId: string; readonly cycle: number; readonly [name: string]: unknown };
  readonly type: string;
  readonly at: number;
}

export type Respond = (message: ReceivedMessage, response: ServerResponse, nth: number) => unknown;

/** A receiver of webhooks on loopback that answers as it is told, 204 by default. */
export class WebhookReceiver {
  readonly received: ReceivedMessage[] = [];
  /** Requests that are not answered yet. */
  open = 0;
  mostOpen = 0;
  private constructor(
    private readonly server: Server,
    public respond: Respond,
  ) {}

  static async start(
    respond: Respond = (_, response) => response.writeHead(204).end(),
  ): Promise<WebhookReceiver> {
    const server = createServer();
    const receiver = new WebhookReceiver(server, respond);
    server.on('request', (request, response) => {
      receiver.open += 1;
      receiver.mostOpen = Math.max(receiver.mostOpen, receiver.open);
      response.on('close', () => (receiver.open -= 1));
      void buffer(request).then((bytes) => {
        const body = bytes.toString('utf8');
        const { type, data } = JSON.parse(body) as Pick<ReceivedMessage, 'type' | 'data'>;
        const id = String(request.headers['webhook-id']);
        const message = { id, headers: request.headers, body, type, data, at: Date.now() };
        receiver.received.push(message);
        receiver.respond(message, response, receiver.received.length);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  closeIdle(): void {
    this.server.closeIdleConnections();
  }

  ids(): string[] {
    return this.received.map(({ id }) => id);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
