import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { Backoff } from '../backoff.js';
import { withTransaction } from '../database/client.js';
import type { EventStore } from '../event-store/event-store.js';
import { exchangeBuilds } from './build-exchange.js';
import type { Lease } from './checkpoint.js';
import { analyzeBuild, compareBuilds } from './comparison.js';
import { type RebuildMember, isLevel, readMembers } from './rebuild-members.js';
import type { Registry } from './registry.js';
import type { RunnerLog } from './runner-options.js';
import { awaitOldSnapshots, hasLongSnapshots } from './snapshots.js';
import { type Projection, isReactor } from './subscription.js';

/**
 * A live build stands still for so long at most while another takes its place, and for so much of it until that is level. Both
 * pauses together are shorter than questions wait for a position (10 s), and so is each with the time between two tries.
 */
const PAUSE_MS = 5_000;
const LEVEL_MS = 2_000;
/** An exchange waits so long for the lock of a view at first, and longer each time it fails: readers queue behind it. */
const LOCK_MS = { first: 200, longest: 800 };
/** So many positions are made up for in a moment. */
const NEAR = 1_000n;
/** Long enough for the live builds to catch up. */
const BACKOFF_MS = { first: 2_000, longest: 60_000 };

export interface TakeoverOptions {
  readonly pool: pg.Pool;
  readonly store: EventStore;
  readonly registry: Registry;
  readonly log: RunnerLog;
}

/** What the owner of the last build of a rebuild brings to an attempt. */
interface Attempt {
  readonly lease: Lease;
  readonly rebuild: string;
  readonly members: readonly RebuildMember[];
  /** Applies what has come since. */
  readonly step: () => Promise<unknown>;
}

/**
 * Lets the builds of one rebuild take the place of the live ones, once they have come near them. Whoever has the last of them
 * does it, in two parts, each of which can be repeated after a crash:
 *
 * 1. The live builds stand still until the new ones are level with them; a snapshot is taken, and they go on. In the snapshot
 *    both are compared, for as long as it takes.
 * 2. They stand still again. When all are level, and no snapshot is older than that, one transaction exchanges them.
 *
 * A pause ends by itself, should this process die in it.
 */
export class Takeover {
  private readonly backoff = new Backoff(BACKOFF_MS);
  private notBefore = 0;
  private lockMs = LOCK_MS.first;

  constructor(
    private readonly name: string,
    private readonly options: TakeoverOptions,
  ) {}

  /**
   * @param lease of the build, which has applied what it may
   * @param step applies what has come since
   * @returns whether the builds are live now
   * @throws Fenced, BatchFailed of `step`, and whatever else the database throws
   */
  async attempt(lease: Lease, step: () => Promise<unknown>): Promise<boolean> {
    const { pool } = this.options;
    const { rebuild } = lease;
    if (rebuild === null || performance.now() < this.notBefore) return false;
    const members = await readMembers(pool, rebuild);
    if (!this.isLast(members) || !this.isNear(members)) return false;
    const attempt = { lease, rebuild, members, step };
    const isCompared = members.every(({ comparison }) => comparison !== null);
    const succeeded = isCompared ? await this.exchange(attempt) : await this.compare(attempt);
    if (succeeded) this.backoff.reset();
    else this.notBefore = performance.now() + this.backoff.next();
    return succeeded && isCompared;
  }

  /** The last in dependency order: when it is level, so are those that it is after. */
  private isLast(members: readonly RebuildMember[]): boolean {
    const names = new Set(members.map(({ name }) => name));
    return this.options.registry.subscriptions.findLast(({ name }) => names.has(name))?.name === this.name;
  }

  private isNear(members: readonly RebuildMember[]): boolean {
    if (members.some(({ prepared }) => !prepared)) return false;
    if (!this.options.store.guarantees.densePositions) return true;
    return members.every(({ position, livePosition }) => livePosition - position <= NEAR);
  }

  private async compare(attempt: Attempt): Promise<boolean> {
    const { pool, log } = this.options;
    for (const member of attempt.members) await analyzeBuild(pool, this.projection(member), member);
    const compared = await withTransaction(
      pool,
      async (tx) => {
        // The first statement of the transaction takes its snapshot.
        const members = (await this.whilePaused(attempt, () => readMembers(tx, attempt.rebuild))) ?? [];
        if (!isLevel(members)) return [];
        // They read each other's rows: one that comes out different makes others do so.
        const isByContent = members.every(({ isComparable }) => isComparable);
        const comparisons = [];
        for (const member of members) {
          const comparison = await compareBuilds(tx, this.projection(member), member, isByContent);
          comparisons.push({ member, comparison });
        }
        return comparisons;
      },
      'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
    );
    for (const { member, comparison } of compared) {
      await pool.query('UPDATE touchline.projection SET comparison = $3 WHERE name = $1 AND build = $2', [
        member.name,
        member.build,
        JSON.stringify(comparison),
      ]);
      const differing = comparison.tables.flatMap(({ table, isSame }) => (isSame === false ? [table] : []));
      if (differing.length > 0)
        log.warn(
          `${member.name}${ofWorkspace(member.workspace)}: rebuilt by the same version, ${differing.join(', ')} came out different`,
        );
    }
    return compared.length > 0;
  }

  private async exchange(attempt: Attempt): Promise<boolean> {
    const { pool, registry, store, log } = this.options;
    const { workspace } = attempt.lease;
    // Rows that change within the live tables are seen as of each snapshot; tables that are exchanged are not.
    const isTables = workspace === null;
    // Who has kept a snapshot for as long as the pause may last is likely to keep it for longer still.
    if (isTables && (await hasLongSnapshots(pool, PAUSE_MS))) return false;
    const exchanged = await this.whilePaused(attempt, async (deadline) => {
      if (isTables && !(await awaitOldSnapshots(pool, deadline))) return false;
      const head = await store.head();
      while (performance.now() < deadline) {
        if (await exchangeBuilds(pool, registry, attempt, { head, lockMs: this.lockMs })) return true;
        this.lockMs = Math.min(LOCK_MS.longest, this.lockMs * 1.5);
        await sleep(50 * (0.5 + Math.random()));
      }
      return false;
    });
    const names = attempt.members.map(({ name }) => name).join(', ');
    if (exchanged === true) log.log(`rebuilt ${names}${ofWorkspace(workspace)}`);
    return exchanged === true;
  }

  /** Does the work while the builds are level and stand still; undefined when they do not get level. */
  private async whilePaused<T>(
    { rebuild, members, step }: Attempt,
    work: (deadline: number) => Promise<T>,
  ): Promise<T | undefined> {
    const { pool } = this.options;
    const names = members.map(({ name }) => name);
    const began = performance.now();
    await pool.query(PAUSE, [names, PAUSE_MS]);
    try {
      while (!isLevel(await readMembers(pool, rebuild))) {
        if (performance.now() > began + LEVEL_MS) return undefined;
        await step();
        await sleep(10);
      }
      return await work(began + PAUSE_MS);
    } finally {
      await pool.query(RESUME, [names]);
    }
  }

  private projection({ name }: RebuildMember): Projection {
    const subscription = this.options.registry.get(name);
    if (isReactor(subscription)) throw new Error(`${name} is a reactor, and has no builds`);
    return subscription;
  }
}

const ofWorkspace = (workspace: string | null): string =>
  workspace === null ? '' : ` of workspace ${workspace}`;

/** Who is moving a live build fails from here on. */
const PAUSE = `
  UPDATE touchline.projection
  SET paused_until = clock_timestamp() + $2::int * interval '1 ms', epoch = epoch + 1, owner = NULL, lease_until = NULL
  WHERE (name, build) IN (
    SELECT name, build FROM touchline.projection WHERE is_live AND name = ANY ($1) ORDER BY name FOR UPDATE)`;
const RESUME = `UPDATE touchline.projection SET paused_until = NULL WHERE is_live AND name = ANY ($1)`;
