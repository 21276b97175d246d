import type { RecordedEvent } from '../src/domain/events.js';
import { addCollector, SECRETS_ENVIRONMENT, type TestCollector } from './collectors.js';
import { type IntakeServer, intakeServer, type IntakeServerOptions } from './intake-server.js';

/** The collectors as they are served, with what tests of signed webhooks ask them. */
export class WebhookServer {
  private constructor(readonly server: IntakeServer) {}

  static async start(options: IntakeServerOptions = {}): Promise<WebhookServer> {
    const environment = { ...SECRETS_ENVIRONMENT, ...options.environment };
    return new WebhookServer(await intakeServer({ ...options, environment }));
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  addCollector(collector: TestCollector): Promise<string> {
    return addCollector(this.server.database.pool, collector);
  }

  post(
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    return fetch(this.server.url + path, { method: 'POST', body, headers });
  }

  /** Events of the log after a position, with how many inputs are kept as rejected. */
  async stored(
    after = 0n,
  ): Promise<{ readonly events: readonly RecordedEvent[]; readonly rejected: number }> {
    const { rows } = await this.server.database.pool.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM touchline.rejected',
    );
    return { events: await this.server.store.readAll(after, 1_000), rejected: rows[0]?.count ?? 0 };
  }

  /** Codes of what is kept as rejected, the oldest first. */
  async rejectedCodes(): Promise<readonly string[]> {
    const { rows } = await this.server.database.pool.query<{ code: string }>(
      `SELECT code FROM touchline.rejected ORDER BY number`,
    );
    return rows.map(({ code }) => code);
  }
}

/** The code of a problem document. */
export const problemCode = async (response: Response): Promise<unknown> =>
  ((await response.json()) as { readonly code?: unknown }).code;
