import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { stringify } from 'yaml';
import { until } from '../until.js';
import { WebhookReceiver, type ReceivedMessage } from '../webhook-receiver.js';
import { biUrl } from './bi-sessions.js';
import { type ProcessResult, runBuilt } from './command.js';
import { caughtUp } from './invariants.js';
import { API_KEY, freePort, SERVER_WRITE_KEY, ServerProcess } from './server-process.js';

const SOON = 50_000;
const CRM_SECRET = 'the secret of the CRM';

export interface Person {
  readonly email: string;
}
export interface Explanation {
  readonly leadId: string;
  readonly lifecycle: string;
  readonly score: number;
  readonly fit: { readonly persona: string | null };
  readonly readiness: { readonly ready: boolean; readonly missing: string[]; readonly summary: string };
  readonly decisions: readonly { readonly decision: string; readonly cycle: number }[];
}
export interface HandOff {
  readonly recipient: { readonly id: string };
  readonly state: string;
  readonly clock: string;
  readonly dueBy: string;
  readonly lead: Person & Readonly<Record<string, unknown>>;
}
interface Receipts {
  readonly receipts: readonly { readonly status: string }[];
}

/** A server with its collectors, its CRM, a receiver of its webhooks and a BI login: all that marketing and sales see of it. */
export class LeadDesk {
  #sent = 0;
  #crm = '';

  private constructor(
    private readonly dataDir: string,
    private readonly server: ServerProcess,
    private readonly receiver: WebhookReceiver,
    private readonly bi: pg.Client,
    /** That webhooks are signed with. */
    readonly webhookSecret: string,
  ) {}

  static async start(): Promise<LeadDesk> {
    const dataDir = await mkdtemp(join(tmpdir(), 'touchline-leads-'));
    const env = { TOUCHLINE_WEBHOOK_HTTP: 'true', TOUCHLINE_WEBHOOK_NETWORKS: '127.0.0.1' };
    const server = await ServerProcess.start({ dataDir, port: await freePort(), env });
    const receiver = await WebhookReceiver.start();
    const ask = (path: string, body: object) =>
      fetchJson<{ secret: string; id: string }>(server, path, API_KEY, body);
    const { secret } = await ask('/api/webhooks', { url: receiver.url });
    const bi = new pg.Client({ connectionString: await biUrl(dataDir) });
    await bi.connect();
    const desk = new LeadDesk(dataDir, server, receiver, bi, secret);
    desk.#crm = (await ask('/api/collectors', { name: 'crm', format: 'crm', secrets: [CRM_SECRET] })).id;
    return desk;
  }

  async stop(): Promise<void> {
    await this.bi.end();
    await this.receiver.stop();
    await this.server.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  touchline(...args: string[]): Promise<ProcessResult> {
    return runBuilt('cli/main.js', args, { TOUCHLINE_DATA_DIR: this.dataDir });
  }

  async file(name: string, model: object): Promise<string> {
    const path = join(this.dataDir, name);
    await writeFile(path, stringify(model));
    return path;
  }

  /** Touchpoints that are accepted and applied, and on which every reactor has decided. */
  async send(...touchpoints: readonly object[]): Promise<void> {
    await this.sendWith(SERVER_WRITE_KEY, touchpoints);
  }

  async sendWith(writeKey: string, touchpoints: readonly object[]): Promise<void> {
    const body = touchpoints.map((each) => ({ messageId: `story-${(this.#sent += 1)}`, ...each }));
    const { receipts } = await fetchJson<Receipts>(this.server, '/touchpoints', writeKey, body);
    const refused = receipts.filter(({ status }) => status !== 'accepted');
    if (refused.length > 0) throw new Error(`not accepted: ${JSON.stringify(refused)}`);
    await this.#applied();
  }

  /** A message of the CRM about a contact, activity or opportunity. */
  async report(type: string, data: object): Promise<void> {
    const message = { id: `crm-${(this.#sent += 1)}`, type, occurredAt: new Date().toISOString(), data };
    await fetchJson(this.server, `/webhooks/crm/${this.#crm}`, CRM_SECRET, [message]);
    await this.#applied();
  }

  async put(path: string, apiKey: string, body: object): Promise<void> {
    await fetchJson(this.server, path, apiKey, body, 'PUT');
    await this.#applied();
  }

  get<T>(path: string): Promise<T> {
    return fetchJson(this.server, path, API_KEY);
  }

  explain({ email }: Person): Promise<Explanation> {
    return this.get(`/api/leads/email:${email}/explain`);
  }

  /** What sales decide. */
  async decide(
    { email }: Person,
    decision: string,
    body: object,
  ): Promise<{ readonly code?: string; readonly detail?: string }> {
    const path = `/api/leads/email:${email}/${decision}`;
    const answer = await fetchJson<{ readonly code?: string }>(this.server, path, API_KEY, body);
    await this.#applied();
    return answer;
  }

  async handOffs(query: string): Promise<readonly HandOff[]> {
    return (await this.get<{ items: HandOff[] }>(`/api/handoffs?limit=100&${query}`)).items;
  }

  async handOffOf({ email }: Person, query = 'state=all'): Promise<HandOff | undefined> {
    return (await this.handOffs(query)).find(({ lead }) => lead.email === email);
  }

  /** What the receiver of webhooks got of a lead, once there is so much of it. */
  async messagesOf(who: Person, count: number): Promise<readonly ReceivedMessage[]> {
    const { leadId } = await this.explain(who);
    const messages = () => this.receiver.received.filter(({ data }) => data.leadId === leadId);
    await until(() => messages().length >= count, SOON);
    return messages();
  }

  async query<Row extends pg.QueryResultRow>(
    sql: string,
    values: readonly unknown[],
  ): Promise<readonly Row[]> {
    return (await this.bi.query<Row>(sql, [...values])).rows;
  }

  #applied(): Promise<void> {
    return caughtUp(this.server.url, SOON);
  }
}

/** What is answered, also where that is a refusal. */
async function fetchJson<T>(
  { url }: ServerProcess,
  path: string,
  key: string,
  body?: object,
  method = 'POST',
): Promise<T> {
  const response = await fetch(`${url}${path}`, {
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body && { method, body: JSON.stringify(body) }),
  });
  return (await response.json()) as T;
}
