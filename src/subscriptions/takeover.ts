import { Backoff } from '../backoff.js';
import { withTransaction } from '../database/client.js';
import type { Position } from '../domain/events.js';
import type { Lease } from './checkpoint.js';
import { analyzeBuild, compareBuilds } from './comparison.js';
import { type Attempt, Exchange, type ExchangeContext, ofWorkspace } from './exchange.js';
import { LEVEL_MS, whilePaused } from './pause.js';
import { type RebuildMember, isLevel, readMembers } from './rebuild-members.js';

/** What is made up for in a pause. */
const NEAR_MS = LEVEL_MS.first / 2;
/** Between two attempts: long enough for the live builds to catch up, and longer where somebody else has to end something. */
const BEHIND_MS = { first: 500, longest: 2_000 };
const BLOCKED_MS = { first: 2_000, longest: 60_000 };

/** Where live builds were, by the builds that are to take their places, and when. */
interface Mark {
  readonly rebuild: string;
  readonly at: number;
  readonly live: ReadonlyMap<string, Position>;
  /** To get there takes those that are near so long at most. */
  readonly longestMs: number;
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
  private readonly behind = new Backoff(BEHIND_MS);
  private readonly blocked = new Backoff(BLOCKED_MS);
  private notBefore = 0;
  private readonly exchange: Exchange;
  private mark: Mark | undefined;
  private levelMs = LEVEL_MS.first;

  constructor(
    private readonly name: string,
    private readonly options: ExchangeContext,
  ) {
    this.exchange = new Exchange(options);
  }

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
    if (!this.isLast(members) || !this.isNear(rebuild, members)) return false;
    const attempt = { lease, rebuild, members, levelMs: this.levelMs, step };
    const isCompared = members.every(({ comparison }) => comparison !== null);
    if (!isCompared && (await this.compare(attempt))) return this.attempt(lease, step);
    const outcome = isCompared ? await this.exchange.attempt(attempt) : 'behind';
    if (outcome === 'exchanged') this.reset();
    else this.notBefore = performance.now() + this[outcome].next();
    if (outcome === 'behind') this.levelMs = Math.min(LEVEL_MS.longest, this.levelMs * LEVEL_MS.growth);
    return outcome === 'exchanged';
  }

  private reset(): void {
    [this.behind, this.blocked].forEach((backoff) => backoff.reset());
    this.levelMs = LEVEL_MS.first;
  }

  /** The last in dependency order: when it is level, so are those that it is after. */
  private isLast(members: readonly RebuildMember[]): boolean {
    const names = new Set(members.map(({ name }) => name));
    return this.options.registry.subscriptions.findLast(({ name }) => names.has(name))?.name === this.name;
  }

  /**
   * Whether they follow the live builds so closely that they get level in a pause: what these had reached a moment ago, they have.
   * On a machine where that takes longer, again and again, it is tried all the same.
   */
  private isNear(rebuild: string, members: readonly RebuildMember[]): boolean {
    if (members.some(({ prepared }) => !prepared)) return false;
    const mark = this.mark?.rebuild === rebuild ? this.mark : undefined;
    if (mark && members.some(({ build, position }) => position < (mark.live.get(build) ?? 0n))) return false;
    const now = performance.now();
    const lagMs = mark ? now - mark.at : undefined;
    const longestMs = mark?.longestMs ?? NEAR_MS;
    const live = new Map(members.map(({ build, livePosition }) => [build, livePosition]));
    this.mark = { rebuild, at: now, live, longestMs: lagMs === undefined ? longestMs : longestMs * 1.5 };
    return isLevel(members) || (lagMs !== undefined && lagMs <= longestMs);
  }

  private async compare(attempt: Attempt): Promise<boolean> {
    const { pool, registry, log } = this.options;
    for (const member of attempt.members) await analyzeBuild(pool, registry.projection(member.name), member);
    const compared = await withTransaction(
      pool,
      async (tx) => {
        // The first statement of the transaction takes its snapshot.
        const members =
          (await whilePaused(this.options, attempt, () => readMembers(tx, attempt.rebuild))) ?? [];
        if (!isLevel(members)) return [];
        // They read each other's rows: one that comes out different makes others do so.
        const isByContent = members.every(({ isComparable }) => isComparable);
        const comparisons = [];
        for (const member of members) {
          const comparison = await compareBuilds(tx, registry.projection(member.name), member, isByContent);
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
}
