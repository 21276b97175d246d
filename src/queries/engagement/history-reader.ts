import type pg from 'pg';
import type { PoolClient } from 'pg';
import { withTransaction } from '../../database/client.js';
import { BuyerHistory } from '../../domain/engagement/buyer-history.js';
import type { LeadSegments } from '../../domain/engagement/lead-segments.js';
import { LocalMonths } from '../../domain/engagement/local-months.js';
import { changedLeads } from './changed-leads.js';
import { Dictionaries } from './dictionaries.js';
import type { EngagementScope } from './engagement.js';
import { EngagementRowsSql, type LeadScope } from './engagement-rows.js';
import type { KeptHistories, KeptHistory } from './kept-histories.js';
import { readLeads, readSegments } from './read-leads.js';

/** Leads whose ids begin with 32 bits from `first` up to `last`. */
export type Slice = Pick<Extract<LeadScope, { kind: 'slice' }>, 'first' | 'last'>;

const ALL: LeadScope = { kind: 'all' };
/** Beyond it everything is read again: leads one by one take ten times as long. */
const MOST_CHANGED = { leads: 5_000, share: 0.05 };
/** Positions of all workspaces, whose rows are looked through for those of one. */
const MOST_POSITIONS = 200_000n;

/** Reads histories of leads from the database, in the snapshot of a question. */
export class HistoryReader {
  constructor(
    private readonly pool: pg.Pool,
    private readonly kept: KeptHistories,
  ) {}

  /** The history of a workspace at a position, from a kept one where there is one. @throws OverBudget it takes more than may be kept */
  async at(scope: EngagementScope): Promise<KeptHistory> {
    const kept = this.kept.take(scope);
    if (kept?.asOf === scope.asOf) return kept;
    if (kept && (await this.#moveOn(kept, scope))) return kept;
    return this.#readAll(scope);
  }

  async #readAll(scope: EngagementScope): Promise<KeptHistory> {
    const dictionaries = new Dictionaries();
    const owner = {};
    try {
      const history = await this.read(scope, ALL, dictionaries, (bytes) => this.kept.claim(owner, bytes));
      const { workspace, version, timeZone, asOf } = scope;
      return { workspace, version, timeZone, dictionaries, history, asOf, usedAt: 0, bytes: 0 };
    } finally {
      this.kept.release(owner);
    }
  }

  /** Leads alone, for once. @throws OverBudget when `hasRoom` says no */
  async read(
    scope: EngagementScope,
    leads: LeadScope,
    dictionaries: Dictionaries,
    hasRoom: (bytes: number) => boolean,
  ): Promise<BuyerHistory> {
    const rows = await this.#inSnapshot(scope, (tx) =>
      readLeads(
        tx,
        new EngagementRowsSql(tx, scope, leads),
        new LocalMonths(scope.timeZone),
        dictionaries,
        hasRoom,
      ),
    );
    const history = new BuyerHistory(dictionaries.vocabulary);
    history.add(rows);
    return history;
  }

  /** Who of the leads is in which segments. */
  segments(
    scope: EngagementScope,
    history: BuyerHistory,
    dictionaries: Dictionaries,
    slice?: Slice,
  ): Promise<LeadSegments> {
    const leads: LeadScope = slice ? { kind: 'slice', ...slice, from: null, to: null } : ALL;
    return this.#inSnapshot(scope, (tx) =>
      readSegments(tx, new EngagementRowsSql(tx, scope, leads), history, dictionaries),
    );
  }

  /** Replaces the leads that changed. @returns false: more did than is worth it */
  async #moveOn(kept: KeptHistory, scope: EngagementScope): Promise<boolean> {
    const { history, dictionaries } = kept;
    if (history.isSparse || scope.asOf - kept.asOf > MOST_POSITIONS) return false;
    const most = Math.max(MOST_CHANGED.leads, Math.floor(history.leads * MOST_CHANGED.share));
    const months = new LocalMonths(scope.timeZone);
    const changed = await this.#inSnapshot(scope, async (tx) => {
      const ids = await changedLeads(tx, scope, kept.asOf, most);
      if (!ids) return undefined;
      const sql = new EngagementRowsSql(tx, scope, { kind: 'list', ids });
      return { ids, rows: await readLeads(tx, sql, months, dictionaries, () => true) };
    });
    if (!changed) return false;
    for (const id of changed.ids) history.clear(history.leadOf(...wordsOf(id)));
    history.add(changed.rows);
    kept.asOf = scope.asOf;
    return true;
  }

  #inSnapshot<T>({ snapshot }: EngagementScope, work: (tx: PoolClient) => Promise<T>): Promise<T> {
    return withTransaction(
      this.pool,
      work,
      `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '${snapshot}';
       SET LOCAL jit = off; SET LOCAL statement_timeout = '60s'`,
    );
  }
}

function wordsOf(uuid: string): [number, number, number, number] {
  const digits = uuid.replaceAll('-', '');
  const word = (nth: number): number => Number.parseInt(digits.slice(nth * 8, nth * 8 + 8), 16);
  return [word(0), word(1), word(2), word(3)];
}
