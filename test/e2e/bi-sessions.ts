import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const QUERIES = [
  'SELECT channel, sum(revenue) FROM bi.fact_attribution_credit GROUP BY 1',
  'SELECT count(*) FROM bi.fact_touchpoint',
  'SELECT lead_name, score FROM bi.lead_current ORDER BY score DESC LIMIT 20',
];

/** As which the BI login of workspace `main` connects, which the server of the folder made. */
export async function biUrl(dataDir: string): Promise<string> {
  const read = (name: string): Promise<string> => readFile(join(dataDir, name), 'utf8');
  const { bi } = JSON.parse(await read('keys.json')) as { bi: { role: string; password: string } };
  const url = new URL(`postgres://127.0.0.1:${(await read('postgres.port')).trim()}/touchline`);
  return Object.assign(url, { username: bi.role, password: bi.password }).href;
}

/** BI tools as they behave: sessions that stay open and ask again and again, and log in again when they are cut off. */
export class BiSessions {
  /** Queries that were answered. */
  answered = 0;
  private stopping = false;
  private readonly sessions: Promise<void>[] = [];

  private constructor(private readonly url: string) {}

  static async start(dataDir: string, count: number): Promise<BiSessions> {
    const bis = new BiSessions(await biUrl(dataDir));
    for (let index = 0; index < count; index += 1) bis.sessions.push(bis.repeat());
    return bis;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.sessions);
  }

  private async repeat(): Promise<void> {
    while (!this.stopping) {
      await this.session().catch(() => undefined);
      await sleep(100);
    }
  }

  private async session(): Promise<void> {
    const client = new pg.Client({ connectionString: this.url, application_name: 'bi' });
    client.on('error', () => undefined);
    try {
      await client.connect();
      for (let turn = 0; !this.stopping; turn += 1) {
        await client.query(QUERIES[turn % QUERIES.length] ?? '');
        this.answered += 1;
        await sleep(20);
      }
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
