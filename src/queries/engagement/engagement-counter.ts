import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import type { BuyerHistory } from '../../domain/engagement/buyer-history.js';
import { HookCounts, type HookRow, type HookSelection } from '../../domain/engagement/hook-counts.js';
import type { InfluenceRow } from '../../domain/engagement/influence-cells.js';
import { InfluenceCounts } from '../../domain/engagement/influence-counts.js';
import type { InfluenceSelection } from '../../domain/engagement/influence-selection.js';
import { LeadSegments } from '../../domain/engagement/lead-segments.js';
import { type CodedRow, keysOf } from '../../domain/engagement/report-rows.js';
import type { TouchSelection } from '../../domain/engagement/touch-selection.js';
import type { Vocabulary } from '../../domain/engagement/vocabulary.js';
import { Dictionaries } from './dictionaries.js';
import type {
  CellRange,
  Engagement,
  EngagementQuery,
  HookCell,
  InfluenceCell,
  RowRange,
} from './engagement.js';
import { HistoryReader, type Slice } from './history-reader.js';
import { KeptHistories, type KeptLimits } from './kept-histories.js';
import { OverBudget } from './read-leads.js';
import { Turns } from './turns.js';

const LAST_BITS = 0xffff_ffff;
/** Of the budget, what a slice of a workspace that is larger than the budget may take. */
const SLICE_SHARE = 0.25;
/** Of ids: below it a slice is about one lead, however large. */
const SMALLEST_SLICE = 2 ** 16;
/** Workspaces that are known to be larger are read in slices at once. */
const MOST_LARGE = 1_000;

interface Counts<Row> {
  add(history: BuyerHistory, segments: LeadSegments): void;
  rows(vocabulary: Vocabulary): readonly Row[];
}

type Query = EngagementQuery<TouchSelection & { readonly by: readonly string[] }>;

/** Counts over histories that are kept in memory and moved on with the log. */
export class EngagementCounter implements Engagement {
  readonly #kept: KeptHistories;
  readonly #reader: HistoryReader;
  /** Of queries about one workspace the second finds what the first has read. */
  readonly #turns = new Turns();
  /** Workspaces that are larger than the budget, with the slices that they were read in. */
  readonly #large: LRUCache<string, readonly Slice[]>;

  constructor(
    pool: pg.Pool,
    private readonly limits: KeptLimits,
  ) {
    this.#kept = new KeptHistories(limits);
    this.#reader = new HistoryReader(pool, this.#kept);
    this.#large = new LRUCache({ max: MOST_LARGE, ttl: limits.idleMs });
  }

  async hooks(query: EngagementQuery<HookSelection>): Promise<CellRange<HookCell>> {
    const figures = ({ size: buyers, touches }: HookRow) => ({ buyers, touches });
    return this.#count(query, () => new HookCounts(query.selection), figures);
  }

  async influence(query: EngagementQuery<InfluenceSelection>): Promise<CellRange<InfluenceCell>> {
    const figures = ({ size: leads, compared, advanced, expected }: InfluenceRow) => ({
      ...{ leads, compared, advanced, expected },
    });
    return this.#count(query, () => new InfluenceCounts(query.selection), figures);
  }

  #count<Row extends CodedRow, Figures>(
    query: Query,
    makeCounts: () => Counts<Row>,
    figures: (row: Row) => Figures,
  ): Promise<CellRange<{ keys: (string | null)[]; title: string | null } & Figures>> {
    const { workspace } = query.scope;
    return this.#turns.run(workspace, async () => {
      this.#kept.purge();
      const counts = makeCounts();
      const vocabulary = await this.#add(query, counts);
      const rows = counts.rows(vocabulary);
      const cells = rangeOf(rows, query.range, vocabulary).map((row) => ({
        keys: keysOf(row, query.selection.by, vocabulary),
        title: vocabulary.textOf(row.title),
        ...figures(row),
      }));
      return { cells, total: rows.length };
    });
  }

  async #add<Row>(query: Query, counts: Counts<Row>): Promise<Vocabulary> {
    const { workspace } = query.scope;
    if (!this.#large.has(workspace))
      try {
        return await this.#addKept(query, counts);
      } catch (error) {
        if (!(error instanceof OverBudget)) throw error;
      }
    return this.#addSlices(query, counts);
  }

  async #addKept<Row>(query: Query, counts: Counts<Row>): Promise<Vocabulary> {
    const kept = await this.#reader.at(query.scope);
    try {
      const { history, dictionaries } = kept;
      const segments = await this.#segments(query, history, dictionaries);
      counts.add(history, segments);
      return history.vocabulary;
    } finally {
      this.#kept.put(kept);
    }
  }

  /** Memory stays flat: what is read of a slice of leads is let go before the next. */
  async #addSlices<Row>(query: Query, counts: Counts<Row>): Promise<Vocabulary> {
    const { workspace } = query.scope;
    const { from, to } = query.selection;
    const dictionaries = new Dictionaries();
    const waiting = [...(this.#large.get(workspace) ?? [{ first: 0, last: LAST_BITS }])];
    const done: Slice[] = [];
    for (let slice = waiting.pop(); slice; slice = waiting.pop()) {
      const { first, last } = slice;
      const isSmallest = last - first < SMALLEST_SLICE;
      const most = isSmallest ? Infinity : this.limits.bytes * SLICE_SHARE + dictionaries.bytes;
      try {
        const leads = { kind: 'slice', ...slice, from, to } as const;
        const history = await this.#reader.read(query.scope, leads, dictionaries, (bytes) => bytes <= most);
        counts.add(history, await this.#segments(query, history, dictionaries, slice));
        done.push(slice);
      } catch (error) {
        if (!(error instanceof OverBudget)) throw error;
        const middle = first + Math.floor((last - first) / 2);
        waiting.push({ first: middle + 1, last }, { first, last: middle });
      }
    }
    this.#large.set(workspace, done);
    return dictionaries.vocabulary;
  }

  async #segments(
    { scope, selection }: Query,
    history: BuyerHistory,
    dictionaries: Dictionaries,
    slice?: Slice,
  ): Promise<LeadSegments> {
    if (selection.segment === undefined && !selection.by.includes('segment')) return new LeadSegments();
    return this.#reader.segments(scope, history, dictionaries, slice);
  }
}

function rangeOf<Row extends CodedRow>(
  rows: readonly Row[],
  range: RowRange,
  vocabulary: Vocabulary,
): readonly Row[] {
  if ('start' in range) return rows.slice(range.start, range.end);
  const content = vocabulary.codeOf(range.content);
  return rows.filter(({ codes }) => codes[0] === content);
}
