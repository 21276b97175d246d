import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { DATABASE } from '../database/database.js';
import { readMigrations } from '../database/migrate.js';

export interface ReadinessReport {
  readonly ready: boolean;
  readonly database: 'reachable' | 'unreachable';
  /** Missing: files of this version that the database has not seen. */
  readonly migrations: 'done' | 'missing' | 'unknown';
  readonly stopping: boolean;
}

const PATIENCE_MS = 2_000;

/** Whether this process can serve now. */
@Injectable()
export class Readiness {
  private stopping = false;

  constructor(@Inject(DATABASE) private readonly pool: Pool) {}

  /** From now on the process ends: load balancers should send it nothing more. */
  beginStop(): void {
    this.stopping = true;
  }

  async check(): Promise<ReadinessReport> {
    const applied = await this.appliedMigrations();
    const wanted = (await readMigrations()).length;
    const done = applied !== undefined && applied >= wanted;
    return {
      ready: done && !this.stopping,
      database: applied === undefined ? 'unreachable' : 'reachable',
      migrations: applied === undefined ? 'unknown' : done ? 'done' : 'missing',
      stopping: this.stopping,
    };
  }

  private async appliedMigrations(): Promise<number | undefined> {
    const query = this.pool.query<{ count: string }>('SELECT count(*) FROM touchline.migration');
    const answer = await Promise.race([query.catch(() => undefined), after(PATIENCE_MS)]);
    return answer?.rows[0] ? Number(answer.rows[0].count) : undefined;
  }
}

const after = (ms: number): Promise<undefined> =>
  new Promise((resolve) => setTimeout(() => resolve(undefined), ms).unref());
