import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { CONFIG, type Config, type Role } from '../config.js';
import { DATABASE } from '../database/database.js';
import { readMigrations } from '../database/migrate.js';

/** How one role of this process stands. */
export interface RoleState {
  readonly ready: boolean;
  /** One word, of the role's own. */
  readonly state: string;
  /** Why it is not ready, or what should be known all the same. */
  readonly reason?: string;
}

export type RoleCheck = () => Promise<RoleState>;

export interface ReadinessReport {
  readonly ready: boolean;
  readonly database: 'reachable' | 'unreachable';
  /** Missing: files of this version that the database has not seen. */
  readonly migrations: 'done' | 'missing' | 'unknown';
  readonly stopping: boolean;
  readonly checks: Readonly<Partial<Record<Role, RoleState>>>;
}

const PATIENCE_MS = 2_000;
/** Roles that requests are sent to. */
const SERVING: readonly Role[] = ['collect', 'query'];

const IDLE: RoleState = { ready: true, state: 'idle', reason: 'there is nothing for it to do' };
/** Anybody may read it, so it names no address. */
const AWAY: RoleState = { ready: false, state: 'unknown', reason: 'the database or the log does not answer' };

/**
 * Whether this process can do what its roles name. Where it serves requests, those roles alone decide: a collector that
 * is taken out because its projections wait would lose events for nothing (docs/adr/0018).
 */
@Injectable()
export class Readiness {
  private stopping = false;
  private readonly checks = new Map<Role, RoleCheck>();

  constructor(
    @Inject(DATABASE) private readonly pool: Pool,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** From now on the process ends: load balancers should send it nothing more. */
  beginStop(): void {
    this.stopping = true;
  }

  /** Tells how a role is asked for its state; a role that nobody speaks for has nothing to do. */
  speakFor(role: Role, check: RoleCheck): void {
    this.checks.set(role, check);
  }

  async check(): Promise<ReadinessReport> {
    const { roles } = this.config;
    const [applied, ...states] = await Promise.all([
      this.appliedMigrations(),
      ...[...roles].map(async (role) => [role, await this.stateOf(role)] as const),
    ]);
    const wanted = (await readMigrations()).length;
    const done = applied !== undefined && applied >= wanted;
    return {
      ready: done && !this.stopping && decisive(roles, states),
      database: applied === undefined ? 'unreachable' : 'reachable',
      migrations: applied === undefined ? 'unknown' : done ? 'done' : 'missing',
      stopping: this.stopping,
      checks: Object.fromEntries(states),
    };
  }

  private async stateOf(role: Role): Promise<RoleState> {
    const check = this.checks.get(role);
    if (!check) return IDLE;
    return (await Promise.race([check().catch(() => AWAY), after(PATIENCE_MS)])) ?? AWAY;
  }

  private async appliedMigrations(): Promise<number | undefined> {
    const query = this.pool.query<{ count: string }>('SELECT count(*) FROM touchline.migration');
    const answer = await Promise.race([query.catch(() => undefined), after(PATIENCE_MS)]);
    return answer?.rows[0] ? Number(answer.rows[0].count) : undefined;
  }
}

function decisive(roles: ReadonlySet<Role>, states: readonly (readonly [Role, RoleState])[]): boolean {
  const serves = SERVING.some((role) => roles.has(role));
  return states.every(([role, { ready }]) => ready || (serves && !SERVING.includes(role)));
}

const after = (ms: number): Promise<undefined> =>
  new Promise((resolve) => setTimeout(() => resolve(undefined), ms).unref());
