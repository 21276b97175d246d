import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { EventStore } from '../event-store/event-store.js';
import { exchangeBuilds } from './build-exchange.js';
import type { Lease } from './checkpoint.js';
import { PAUSE_MS, type Pausable, whilePaused } from './pause.js';
import type { Registry } from './registry.js';
import type { RunnerLog } from './runner-options.js';
import {
  type Blocker,
  awaitOldSnapshots,
  currentTransaction,
  describeBlockers,
  readBlockers,
} from './snapshots.js';

/** The end of snapshots is waited for so long. */
const SNAPSHOTS_MS = 2_000;
/**
 * An exchange waits so long for the locks of its views at first, and longer each time it fails, until it outlasts queries that
 * overlap without a gap: new ones queue behind it, and wait as long at the most.
 */
const LOCK_MS = { first: 200, longest: 5_000, growth: 1.5 };
/** A transaction as old as so many waits is likely to outlast one more: nobody is made to queue for nothing. */
const OUTLASTING = 2;

export interface ExchangeContext {
  readonly pool: pg.Pool;
  readonly store: EventStore;
  readonly registry: Registry;
  readonly log: RunnerLog;
  /** Has subscribers of this process look at once whether there is something to do. */
  readonly wake: () => void;
}

/** `behind`: the new builds did not get level in time. `blocked`: a transaction of somebody else was in the way. */
export type Outcome = 'exchanged' | 'behind' | 'blocked';

/** What the owner of the last build of a rebuild brings to an attempt. */
export interface Attempt extends Pausable {
  readonly lease: Lease;
}

/** The attempts to have the builds of one rebuild, which are level with the live ones, take their place. */
export class Exchange {
  private lockMs = LOCK_MS.first;
  private hasWaited = false;

  constructor(private readonly context: ExchangeContext) {}

  /** @throws Fenced */
  async attempt(attempt: Attempt): Promise<Outcome> {
    const { members, lease } = attempt;
    // Rows that change within the live tables are seen as of each snapshot; tables that are exchanged are not.
    const outcome = await (lease.workspace === null
      ? this.exchangeTables(attempt)
      : this.exchangeRows(attempt));
    const names = members.map(({ name }) => name).join(', ');
    if (outcome === 'exchanged') {
      this.lockMs = LOCK_MS.first;
      this.hasWaited = false;
      this.context.log.log(`rebuilt ${names}${ofWorkspace(lease.workspace)}`);
    }
    return outcome;
  }

  private async exchangeRows(attempt: Attempt): Promise<Outcome> {
    const { registry, store, pool } = this.context;
    const head = await store.head();
    const exchanged = { ...attempt, head };
    const options = { lockMs: LOCK_MS.longest };
    return outcomeOf(
      await whilePaused(this.context, attempt, () => exchangeBuilds(pool, registry, exchanged, options)),
    );
  }

  private async exchangeTables(attempt: Attempt): Promise<Outcome> {
    const { pool, registry, store } = this.context;
    const tables = attempt.members.flatMap(({ name }) => registry.projection(name).tables);
    const lasting = (await readBlockers(pool, tables)).filter((one) => this.isLasting(one));
    if (lasting.length > 0) return this.giveWay(attempt, lasting);
    const exchanged = await whilePaused(this.context, attempt, async (deadline) => {
      const level = await currentTransaction(pool);
      if (!(await awaitOldSnapshots(pool, tables, level, performance.now() + SNAPSHOTS_MS))) return false;
      const head = await store.head();
      while (performance.now() < deadline) {
        const { lockMs } = this;
        if (await exchangeBuilds(pool, registry, { ...attempt, head }, { lockMs, level })) return true;
        this.waitLonger();
        // A longer wait has a pause of its own.
        if (performance.now() + this.lockMs > deadline) return false;
        await sleep(50 * (0.5 + Math.random()));
      }
      return false;
    });
    if (exchanged !== false) return outcomeOf(exchanged);
    const blockers = (await readBlockers(pool, tables)).filter(
      ({ seconds }) => seconds * 1_000 > LOCK_MS.first,
    );
    return this.giveWay(attempt, blockers);
  }

  /** It is likely to outlast what this attempt would wait. */
  private isLasting({ seconds, holdsLock }: Blocker): boolean {
    const ms = holdsLock ? Math.max(PAUSE_MS, OUTLASTING * this.lockMs) : PAUSE_MS;
    return seconds * 1_000 > ms;
  }

  /** Shows who is waited for, until the next attempt. */
  private async giveWay({ rebuild, members }: Attempt, blockers: readonly Blocker[]): Promise<'blocked'> {
    const { pool, log } = this.context;
    this.waitLonger();
    if (blockers.length === 0) return 'blocked';
    const waitsFor = describeBlockers(blockers);
    const names = members.map(({ name }) => name).join(', ');
    if (!this.hasWaited) log.log(`${names} is rebuilt, and waits for ${waitsFor}`);
    this.hasWaited = true;
    await pool.query('UPDATE touchline.projection SET waits_for = $2 WHERE rebuild = $1', [
      rebuild,
      waitsFor,
    ]);
    return 'blocked';
  }

  private waitLonger(): void {
    this.lockMs = Math.min(LOCK_MS.longest, this.lockMs * LOCK_MS.growth);
  }
}

const outcomeOf = (exchanged: boolean | undefined): Outcome =>
  exchanged === undefined ? 'behind' : exchanged ? 'exchanged' : 'blocked';

export const ofWorkspace = (workspace: string | null): string =>
  workspace === null ? '' : ` of workspace ${workspace}`;
