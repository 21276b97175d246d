import type { ReportResult } from '../domain/opportunity-report.js';
import type { IsPlaceholder } from '../domain/placeholder.js';
import {
  type EventStore,
  type NewFact,
  type Progress,
  QueueFull,
  type Receipt,
  type TokenClaim,
} from '../event-store/event-store.js';
import { DAY_MS, PUBLIC_BACKDATE_DAYS } from '../limits-config.js';
import { Batch, type ItemResult, outcomesOf } from './batch.js';
import type { Format, Items } from './format.js';
import type { KeyQuotas } from './key-quotas.js';
import { normalise, type Normalised, type NormaliseOptions } from './normalise.js';
import type { RecentItems, RecentSample } from './recent-items.js';
import { sortByOccurrence } from './occurrence-order.js';
import { decideReports, type OpportunityReports, type PendingReport } from './opportunity-reports.js';
import type { Outcome } from './outcome.js';
import { type Origin, type RejectedInput, type RejectedLog, withOrigin } from './rejected.js';
import type { WarnedMessage, WarningLog } from './warnings.js';

export interface PipelineOptions {
  /** Where warnings are kept, durably. */
  readonly warnings?: Pick<WarningLog, 'keep'>;
  readonly onRejected?: (code: string) => void;
  readonly onWarning?: (code: string) => void;
  /** Default: the usual ones (domain/placeholder.ts). */
  readonly isPlaceholder?: IsPlaceholder;
  /** How far back from its receipt an event of a public key may lie, in ms. */
  readonly publicBackdateMs?: number;
  /** Where the last items of each collector are kept. */
  readonly recent?: Pick<RecentItems, 'offer' | 'sample' | 'keep'>;
  /** Undefined: keys send as much as they like. */
  readonly quotas?: KeyQuotas;
  /** Undefined: nothing reports opportunities. */
  readonly opportunities?: OpportunityReports;
}

/** An item that was kept, with what tells it from all others when it has neither an id nor a time. */
export interface KeptItem {
  readonly item: unknown;
  readonly occasion: string;
}

/** Without requests nothing would tell that there is room again. */
const FULL_FOR_MS = 5_000;

/** From the items of a request to their outcomes: each is in the log, or whole in `rejected`. */
export class Pipeline {
  private turnedAwayAt = -Infinity;

  constructor(
    private readonly store: EventStore,
    private readonly rejected: Pick<RejectedLog, 'keep'>,
    private readonly options: PipelineOptions = {},
  ) {}

  /**
   * Admits, reads, normalises and records items. Resolves once each is in the log or in `rejected`, durably, with one outcome
   * an item, in order. Sending the same items again is safe.
   *
   * @throws StoreUnavailable nothing, or not all, was kept: send the same items again
   * @throws QuotaExceeded nothing was kept
   */
  async ingest(format: Format, origin: Origin, items: Items): Promise<readonly Outcome[]> {
    const release = this.options.quotas?.begin(origin.quota, items.items.length);
    return this.ingestAdmitted(format, origin, items).finally(release);
  }

  /** The same for items that are in `rejected` already: what is rejected again stays as it is there. */
  async replay(format: Format, origin: Origin, kept: readonly KeptItem[]): Promise<readonly Outcome[]> {
    const batch = new Batch();
    for (const { item, occasion } of kept)
      batch.add(format, origin, item, this.normalise(format, origin, item, { occasion }));
    const { facts, reports, warned, results } = batch;
    const recorded = this.recordSorted(facts);
    const decided = recorded.then(() => decideReports(this.options.opportunities, reports));
    return this.outcomes(results, warned, recorded, decided);
  }

  /** Nothing of the items outlives this but what the answer says of them: what lives until the commit is copied by V8. */
  private async ingestAdmitted(format: Format, origin: Origin, items: Items): Promise<readonly Outcome[]> {
    if (origin.claim) return this.ingestClaiming(origin.claim, format, origin, items);
    this.options.recent?.offer(format.name, origin, items.items);
    return this.recordBatch(this.normaliseAll(format, origin, items));
  }

  /** Whether the items are genuine turns out when they are recorded: until then nothing of them is kept anywhere. */
  private ingestClaiming(
    claim: TokenClaim,
    format: Format,
    origin: Origin,
    items: Items,
  ): Promise<readonly Outcome[]> {
    const sample = this.options.recent?.sample(format.name, origin, items.items) ?? [];
    const { facts, reports, rejected, warned, results } = this.normaliseAll(format, origin, items);
    return this.followClaim(this.recordSorted(facts, undefined, claim), {
      ...{ reports, rejected, warned, results, sample },
    });
  }

  /** What comes after the facts, once the token is known to be theirs. */
  private async followClaim(
    recorded: Promise<readonly Receipt[]>,
    { reports, rejected, warned, results, sample }: Omit<Batch, 'facts' | 'add'> & { sample: RecentSample },
  ): Promise<readonly Outcome[]> {
    await recorded;
    const decided = this.decideReports(reports);
    const outcomes = await this.outcomes(results, warned, recorded, decided, this.keepRejected(rejected));
    this.options.recent?.keep(sample);
    return outcomes;
  }

  private normaliseAll(format: Format, origin: Origin, { items, mayHoldUnstorable, sentOf }: Items): Batch {
    const batch = new Batch();
    for (const [index, item] of items.entries()) {
      const step = this.normalise(format, origin, item, { mayHoldUnstorable, index });
      batch.add(format, origin, item, step, () => ({ sent: sentOf?.(index) }));
    }
    return batch;
  }

  /** One item by the settings of this pipeline. */
  normalise(
    format: Format,
    origin: Origin,
    item: unknown,
    options: Pick<NormaliseOptions, 'mayHoldUnstorable' | 'index' | 'occasion'>,
  ): Normalised {
    const { publicBackdateMs = PUBLIC_BACKDATE_DAYS * DAY_MS, isPlaceholder } = this.options;
    return normalise(format, origin, item, { ...options, publicBackdateMs, isPlaceholder });
  }

  /**
   * The steps from sort on, of items that a consumer normalised: one outcome an item, in order.
   *
   * @param progress of the consumer, kept together with the facts
   * @throws StoreUnavailable nothing, or not all, was kept: do the same again
   */
  recordBatch(batch: Batch, progress?: Progress): Promise<readonly Outcome[]> {
    const { reports, rejected, warned, results } = batch;
    // Progress passes what is decided: a consumer that is killed in between must do it again.
    const before = progress && this.decideReports(reports);
    const recorded = before ? this.recordAfter(before, batch, progress) : this.recordSorted(batch.facts);
    const decided = before ?? this.decideAfter(recorded, reports);
    return this.outcomes(results, warned, recorded, decided, this.keepRejected(rejected));
  }

  private async recordAfter(
    decided: Promise<unknown>,
    { facts }: Batch,
    progress: Progress,
  ): Promise<readonly Receipt[]> {
    await decided;
    return this.recordSorted(facts, progress);
  }

  /** A function of its own: all that a closure here could reach would live until the commit. */
  private async decideAfter(
    recorded: Promise<unknown>,
    reports: readonly PendingReport[],
  ): Promise<readonly ReportResult[]> {
    await recorded;
    return this.decideReports(reports);
  }

  private recordSorted(
    facts: readonly NewFact[],
    progress?: Progress,
    claim?: TokenClaim,
  ): Promise<readonly Receipt[]> {
    const { sorted, restore } = sortByOccurrence(facts);
    return this.record(sorted, progress, claim).then(restore);
  }

  /** Warnings come after the facts: they are of messages in the log. */
  private async outcomes(
    results: readonly ItemResult[],
    warned: readonly WarnedMessage[],
    recorded: Promise<readonly Receipt[]>,
    decided?: Promise<readonly ReportResult[]>,
    kept?: Promise<void>,
  ): Promise<readonly Outcome[]> {
    const warnedOf = recorded.then((receipts) => this.keepWarnings(warned).then(() => receipts));
    const [receipts, reported] = await Promise.all([warnedOf, decided, kept]);
    return outcomesOf(results, receipts, reported);
  }

  /** Decides reports of opportunities, and keeps the items of those that are refused. @throws StoreUnavailable */
  decideReports(reports: readonly PendingReport[]): Promise<readonly ReportResult[]> {
    return decideReports(this.options.opportunities, reports, (refused) => this.keepRejected(refused));
  }

  /**
   * A receipt a fact, in order.
   *
   * @param progress of a consumer, kept together with the facts
   * @throws StoreUnavailable, TokenUsed
   */
  record(facts: readonly NewFact[], progress?: Progress, claim?: TokenClaim): Promise<readonly Receipt[]> {
    if (facts.length === 0 && !progress && !claim) return Promise.resolve([]);
    return this.noteFullness(this.store.record(facts, progress, claim));
  }

  /** Keeps a request that could not be taken apart, if it is genuine. @throws StoreUnavailable, TokenUsed */
  async keepRejectedRequest(request: RejectedInput, origin: Origin): Promise<void> {
    await this.record([], undefined, origin.claim);
    await this.keepRejected([withOrigin(origin, request)]);
  }

  /** Keeps input that could not be taken apart, or items of it. */
  async keepRejected(inputs: readonly (RejectedInput & Origin)[]): Promise<void> {
    if (inputs.length === 0) return;
    await this.rejected.keep(inputs);
    for (const { reason } of inputs) this.options.onRejected?.(reason.code);
  }

  async keepWarnings(warned: readonly WarnedMessage[]): Promise<void> {
    if (warned.length === 0) return;
    await this.options.warnings?.keep(warned);
    for (const { warnings } of warned) for (const { code } of warnings) this.options.onWarning?.(code);
  }

  /** True for a few seconds after the log's queue was full, unless something has been taken since. */
  get isFull(): boolean {
    return performance.now() - this.turnedAwayAt < FULL_FOR_MS;
  }

  private async noteFullness(recorded: Promise<readonly Receipt[]>): Promise<readonly Receipt[]> {
    try {
      const receipts = await recorded;
      this.turnedAwayAt = -Infinity;
      return receipts;
    } catch (error) {
      if (error instanceof QueueFull) this.turnedAwayAt = performance.now();
      throw error;
    }
  }
}
