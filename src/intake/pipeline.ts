import type { IsPlaceholder } from '../domain/placeholder.js';
import {
  type EventStore,
  type NewFact,
  type Progress,
  QueueFull,
  type Receipt,
} from '../event-store/event-store.js';
import type { RequestAdmission } from '../http/admission/request-admission.js';
import { DAY_MS, PUBLIC_BACKDATE_DAYS } from '../limits-config.js';
import { Batch, type ItemResult, outcomesOf } from './batch.js';
import { type CollectorKey, type ResolveWriteKey, WRITE_KEY } from './credentials.js';
import { decodeRequest } from './decode.js';
import type { Endpoint, Format, Items, Reply, RequestHead } from './format.js';
import type { KeyQuotas } from './key-quotas.js';
import { requestTooLarge } from './limits.js';
import { normalise, type Normalised, type NormaliseOptions } from './normalise.js';
import { sortByOccurrence } from './occurrence-order.js';
import { isRejected, type Outcome, type Rejected } from './outcome.js';
import { keyRefusal, refusalFor, refusalOfSingle, type Refused, shareOf } from './refusal.js';
import { isWithoutBody, rejectedRequest } from './rejected-input.js';
import { type Origin, type RejectedInput, type RejectedLog, withOrigin } from './rejected.js';
import type { RequestBody } from './request-body.js';
import { type RawBody, readBody } from './request-body.js';
import type { WarnedMessage, WarningLog } from './warnings.js';

/** A request of HTTP, its body read. */
export interface ReceivedRequest {
  readonly format: Format;
  readonly endpoint: Endpoint;
  readonly head: RequestHead;
  readonly body: RawBody;
  /** What the key in its head opens; undefined: it has none there. */
  readonly key: CollectorKey | undefined;
  readonly admission: RequestAdmission;
}

export interface RequestDeps {
  readonly pipeline: Pipeline;
  readonly resolveWriteKey: ResolveWriteKey;
  readonly now: () => Date;
}

/**
 * The steps of one request, from top to bottom:
 *
 *     authenticate → decode → admit → read → normalise → sort → record → keep rejected → warn → reply
 *
 * gRPC and Kafka authenticate and decode in ways of their own, and go on with the same steps: `ingest`, or `normalise` and
 * `record` where items of several origins are written together.
 *
 * @throws StoreUnavailable, OverBudget, QuotaExceeded: nothing is lost when the client sends it again
 */
export async function processRequest(deps: RequestDeps, request: ReceivedRequest): Promise<Reply | Refused> {
  const receivedAt = deps.now();
  const { format, endpoint, admission } = request;
  const reserve = (bytes: number): void => admission.reservation.grow(bytes);
  const isKnown = request.key !== undefined;
  const body = await readBody(request.body, reserve, isKnown, requestTooLarge(format));
  const key = request.key ?? (await authenticate(deps, request, body));
  if ('refusal' in key) return key;
  // Not awaited here: nothing of the body may live as long as the transaction of its events.
  return ingestBody(deps.pipeline, request, { ...key, call: endpoint.call, receivedAt }, body);
}

/** By the key in the body. One without a known key is not parsed, so only what cannot even be read has another reason. */
async function authenticate(
  { resolveWriteKey }: RequestDeps,
  { endpoint: { writeKey = WRITE_KEY }, admission }: ReceivedRequest,
  body: RequestBody | Rejected,
): Promise<CollectorKey | Refused> {
  if (isRejected(body)) return { refusal: refusalFor(body.rejected) };
  const sent = writeKey.inBody?.(body.text);
  const key = sent === undefined ? undefined : await resolveWriteKey(sent);
  if (key === undefined) return { refusal: keyRefusal(sent) };
  admission.authenticate(shareOf(key));
  return key;
}

function ingestBody(
  pipeline: Pipeline,
  request: ReceivedRequest,
  origin: Origin,
  body: RequestBody | Rejected,
): Promise<Reply | Refused> {
  const { format, endpoint, head } = request;
  const decoded = decodeRequest(format, endpoint, head, body);
  if ('reply' in decoded) return Promise.resolve(decoded.reply);
  if (isRejected(decoded)) {
    const sent = isWithoutBody(endpoint) ? { ...request.body, bytes: Buffer.from(head.query) } : request.body;
    const kept = pipeline.keepRejected([withOrigin(origin, rejectedRequest(format, sent, decoded.rejected))]);
    return kept.then(() => ({ refusal: refusalFor(decoded.rejected) }));
  }
  return reply(endpoint, head, decoded.isSingle, pipeline.ingest(format, origin, decoded));
}

async function reply(
  endpoint: Endpoint,
  head: RequestHead,
  isSingle: boolean | undefined,
  ingested: Promise<readonly Outcome[]>,
): Promise<Reply | Refused> {
  const outcomes = await ingested;
  const refusal = isSingle ? refusalOfSingle(outcomes) : undefined;
  return refusal ? { refusal } : endpoint.reply(outcomes, head);
}

export interface PipelineOptions {
  /** Where warnings are kept, durably. */
  readonly warnings?: Pick<WarningLog, 'keep'>;
  readonly onRejected?: (code: string) => void;
  readonly onWarning?: (code: string) => void;
  /** Default: the usual ones (domain/placeholder.ts). */
  readonly isPlaceholder?: IsPlaceholder;
  /** How far back from its receipt an event of a public key may lie, in ms. */
  readonly publicBackdateMs?: number;
  /** Undefined: keys send as much as they like. */
  readonly quotas?: KeyQuotas;
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
  async replay(format: Format, origin: Origin, items: readonly unknown[]): Promise<readonly Outcome[]> {
    const { facts, warned, results } = this.normaliseAll(format, origin, { items });
    return this.outcomes(results, warned, this.recordSorted(facts));
  }

  /** Nothing of the items outlives this but what the answer says of them: what lives until the commit is copied by V8. */
  private async ingestAdmitted(format: Format, origin: Origin, items: Items): Promise<readonly Outcome[]> {
    return this.recordBatch(this.normaliseAll(format, origin, items));
  }

  private normaliseAll(format: Format, origin: Origin, { items, mayHoldUnstorable }: Items): Batch {
    const batch = new Batch();
    for (const [index, item] of items.entries())
      batch.add(format, origin, item, this.normalise(format, origin, item, { mayHoldUnstorable, index }));
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
  recordBatch({ facts, rejected, warned, results }: Batch, progress?: Progress): Promise<readonly Outcome[]> {
    return this.outcomes(results, warned, this.recordSorted(facts, progress), this.keepRejected(rejected));
  }

  private recordSorted(facts: readonly NewFact[], progress?: Progress): Promise<readonly Receipt[]> {
    const { sorted, restore } = sortByOccurrence(facts);
    return this.record(sorted, progress).then(restore);
  }

  /** Warnings come after the facts: they are of messages in the log. */
  private async outcomes(
    results: readonly ItemResult[],
    warned: readonly WarnedMessage[],
    recorded: Promise<readonly Receipt[]>,
    kept?: Promise<void>,
  ): Promise<readonly Outcome[]> {
    const warnedOf = recorded.then((receipts) => this.keepWarnings(warned).then(() => receipts));
    const [receipts] = await Promise.all([warnedOf, kept]);
    return outcomesOf(results, receipts);
  }

  /**
   * A receipt a fact, in order.
   *
   * @param progress of a consumer, kept together with the facts
   * @throws StoreUnavailable
   */
  record(facts: readonly NewFact[], progress?: Progress): Promise<readonly Receipt[]> {
    if (facts.length === 0 && !progress) return Promise.resolve([]);
    return this.noteFullness(this.store.record(facts, progress));
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
