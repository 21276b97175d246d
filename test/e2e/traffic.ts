import { setTimeout as sleep } from 'node:timers/promises';
import { API_KEY, WRITE_KEY } from './server-process.js';

export interface Acknowledged {
  /** Message ids that were answered with success. */
  readonly messages: Set<string>;
  /** Position in the receipt of native messages. */
  readonly positions: Map<string, string>;
  /** Amounts in minor units of opportunities whose winning was answered with success. */
  readonly won: Map<string, number>;
}

export interface Refusals {
  /** Answers by status, without those of success. */
  readonly statuses: Map<number, number>;
  /** Answers 503 without Retry-After. */
  withoutRetryAfter: number;
}

interface Clients {
  readonly batches: number;
  readonly singles: number;
  readonly opportunities: number;
  /** Clients that ask for reports and lists, one after the other. */
  readonly questions?: number;
  readonly pauseMs?: number;
}

interface Send {
  readonly path: string;
  readonly method?: 'GET' | 'POST' | 'PATCH';
  readonly key: string;
  readonly body?: unknown;
}

const CURRENCY = 'USD';
const QUESTIONS = [
  '/api/leads?limit=20',
  '/api/attribution?model=linear&by=channel&metric=revenue&from=2020-01-01&to=2035-01-01',
  '/api/attribution/compare?models=first,linear&by=content&metric=revenue&from=2020-01-01&to=2035-01-01',
  '/api/projections',
  '/api/model',
  '/api/rejected',
];

/**
 * Clients as they behave: each sends a message with an id of its own until it is answered with success, whatever happens
 * to the connection or the server meanwhile.
 */
export class Traffic {
  readonly acknowledged: Acknowledged = { messages: new Set(), positions: new Map(), won: new Map() };
  /** Questions that were answered with success. */
  answered = 0;
  readonly refusals: Refusals = { statuses: new Map(), withoutRetryAfter: 0 };
  private readonly clients: Promise<void>[] = [];
  private stopping = false;
  private abandoned = false;
  private failure: Error | undefined;
  private serial = 0;
  private asked = 0;

  /**
   * @param apiUrl URL of the API, if another process serves it
   * @param name of these clients, in all their ids
   */
  constructor(
    private readonly url: string,
    private readonly apiUrl = url,
    private readonly name = '',
  ) {}

  /** @param clients how many of each, and how long each waits after an answer */
  start(clients: Clients): void {
    const { pauseMs = 0 } = clients;
    const add = (count: number, work: () => Promise<void>): void => {
      for (let index = 0; index < count; index += 1) this.clients.push(this.repeat(work, pauseMs));
    };
    add(clients.batches, () => this.batch());
    add(clients.singles, () => this.single());
    add(clients.opportunities, () => this.opportunity());
    add(clients.questions ?? 0, () => this.question());
  }

  /** Lets every client end its message; the server must be there. @throws what a client could not live with */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.clients);
    if (this.failure !== undefined) throw this.failure;
  }

  /** Ends the clients whatever became of their messages: for a server that will not answer any more. */
  async abandon(): Promise<void> {
    this.stopping = this.abandoned = true;
    await Promise.all(this.clients);
  }

  private async repeat(work: () => Promise<void>, pauseMs: number): Promise<void> {
    try {
      while (!this.stopping) {
        await work();
        if (pauseMs > 0) await sleep(pauseMs);
      }
    } catch (error) {
      this.failure ??= error instanceof Error ? error : new Error(String(error));
    }
  }

  private async batch(): Promise<void> {
    const batch = Array.from({ length: 40 }, () => {
      const messageId = this.next('s');
      return {
        type: 'page',
        messageId,
        ...this.person(),
        timestamp: new Date().toISOString(),
        properties: { url: `https://www.example.com/blog/${this.serial % 9}`, mid: messageId },
      };
    });
    await this.send({ path: '/v1/batch', key: WRITE_KEY, body: { batch, sentAt: new Date().toISOString() } });
    for (const { messageId } of batch) this.acknowledged.messages.add(messageId);
  }

  private async single(): Promise<void> {
    const messageId = this.next('n');
    const answer = await this.send({
      path: '/touchpoints',
      key: WRITE_KEY,
      body: {
        messageId,
        kind: 'content_view',
        occurredAt: new Date().toISOString(),
        ...this.person(),
        content: { id: `c-${this.serial % 7}` },
        properties: { mid: messageId },
      },
    });
    const [receipt] = (answer as { receipts: { status: string; position: string }[] }).receipts;
    if (receipt?.status === 'rejected') throw new Error(`rejected: ${JSON.stringify(receipt)}`);
    this.acknowledged.messages.add(messageId);
    this.acknowledged.positions.set(messageId, receipt?.position ?? '');
  }

  private async opportunity(): Promise<void> {
    const opportunityId = this.next('opp');
    const minor = 100_00 + ((this.serial * 7_919) % 90_000_00);
    const email = `buyer-${this.serial % 50}@company-${this.serial % 20}.example`;
    await this.send({
      path: '/api/opportunities',
      key: API_KEY,
      body: {
        opportunityId,
        amount: (minor / 100).toFixed(2),
        currency: CURRENCY,
        openedAt: new Date().toISOString(),
        contacts: [{ email, role: 'decision_maker' }],
      },
    });
    await this.send({
      path: `/api/opportunities/${opportunityId}`,
      method: 'PATCH',
      key: API_KEY,
      body: { status: 'won', closedAt: new Date().toISOString() },
    });
    this.acknowledged.won.set(opportunityId, minor);
    await sleep(20);
  }

  private async question(): Promise<void> {
    this.asked += 1;
    await this.send({ path: QUESTIONS[this.asked % QUESTIONS.length] ?? '', method: 'GET', key: API_KEY });
    this.answered += 1;
    await sleep(20);
  }

  private person(): Record<string, string> {
    const nr = this.serial % 200;
    if (nr % 3 === 0) return { anonymousId: `a-${nr}` };
    return nr % 3 === 1
      ? { userId: `u-${nr}`, anonymousId: `a-${nr}` }
      : { userId: `buyer-${nr % 50}@company-${nr % 20}.example`, anonymousId: `a-${nr}` };
  }

  private next(kind: string): string {
    this.serial += 1;
    return `${kind}-${this.name}${this.serial}`;
  }

  /** Sends until it is answered with success; other clients' behaviour on 4xx does not matter here: there must be none. */
  private async send({ path, method = 'POST', key, body }: Send): Promise<unknown> {
    for (;;) {
      const url = path.startsWith('/api/') ? this.apiUrl : this.url;
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }).catch(() => undefined);
      const text = await answer?.text().catch(() => undefined);
      if (answer?.ok && text !== undefined) return JSON.parse(text);
      if (answer && text !== undefined) this.refuse(answer, text);
      if (this.abandoned) throw new Error('abandoned');
      await sleep(10 + Math.random() * 40);
    }
  }

  private refuse({ status, headers }: Response, text: string): void {
    if (status < 500) throw new Error(`refused with ${status}: ${text}`);
    this.refusals.statuses.set(status, (this.refusals.statuses.get(status) ?? 0) + 1);
    if (status === 503 && !headers.has('retry-after')) this.refusals.withoutRetryAfter += 1;
  }
}
