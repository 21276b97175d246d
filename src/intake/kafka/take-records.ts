import { type NewFact, type Progress, StoreUnavailable } from '../../event-store/event-store.js';
import { type Headers, type KafkaRecord, type NewRecord, TOPICS } from '../../kafka/kafka.js';
import type { KeyQuota } from '../../http/keys.js';
import type { KeyQuotas } from '../key-quotas.js';
import { type CollectorKey, type ResolveWriteKey, WRITE_KEY_UNKNOWN } from '../credentials.js';
import { EARLIEST } from '../instant.js';
import type { Normalised } from '../drafts.js';
import { type Intake, keptItem, warnedOf } from '../intake.js';
import { isRejected, type Reason, reject, type Rejected } from '../outcome.js';
import { type Kept, type Origin, withOrigin } from '../rejected.js';
import type { Warned } from '../warnings.js';
import { CALL, readRecord, type Said, type Unread, writeKeyOf } from './read-record.js';

/** What records need to get in. */
export interface TakingRecords {
  readonly intake: Intake;
  readonly resolveWriteKey: ResolveWriteKey;
  /** Undefined: keys send as much as they like. */
  readonly quotas?: KeyQuotas;
  /** Opens the workspace of records that carry no key. */
  readonly writeKey: string | undefined;
  /** Resolves when the records are kept in `touchpoints.rejected`. */
  readonly publishRejected: (records: readonly NewRecord[]) => Promise<void>;
  readonly now: () => Date;
}

/** Records that are read and judged, and not yet written anywhere. */
export interface Judged {
  readonly facts: readonly NewFact[];
  readonly kept: readonly (Kept & Origin)[];
  readonly warned: readonly Warned[];
  readonly rejected: readonly NewRecord[];
  /** How many came with each key. */
  readonly sent: ReadonlyMap<KeyQuota, number>;
}

export class NotStorable extends Error {
  override readonly name = 'NotStorable';
}

/** How many records had each outcome. */
export interface Taken {
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: number;
}

/**
 * Reads and judges records.
 *
 * @param fault found in them by whoever tried to write them
 * @throws StoreUnavailable keys cannot be asked for now
 */
export async function judge(
  deps: TakingRecords,
  records: readonly KafkaRecord[],
  fault?: Rejected,
): Promise<Judged> {
  const read = records.map((record) => withKey(deps, record));
  const opened = await openAll(deps, new Set(read.map(({ key }) => key)));
  const now = deps.now();
  const facts: NewFact[] = [];
  const kept: (Kept & Origin)[] = [];
  const warned: Warned[] = [];
  const rejected: NewRecord[] = [];
  const sent = new Map<KeyQuota, number>();
  for (const { record, said, key } of read) {
    const collector = opened.get(key);
    const origin = collector && originOf(collector, record, now);
    if (origin?.quota) sent.set(origin.quota, (sent.get(origin.quota) ?? 0) + 1);
    const step = origin ? (fault ?? judged(deps.intake, said, origin)) : keyMissing(key);
    if (!isRejected(step)) facts.push(...step.facts);
    else rejected.push(rejectedRecord(record, step.rejected));
    if (origin) warned.push(...warnedOf(said.format, origin, [step]));
    if (origin && isRejected(step)) kept.push(...withOrigin(origin, [keptRecord(record, said, step)]));
  }
  return { facts, kept, warned, rejected, sent };
}

/**
 * Writes what was judged: what is rejected first, then the facts together with the progress, so that nothing is passed
 * over by a crash in between. Safe to repeat.
 *
 * @throws StoreUnavailable, KafkaUnavailable
 * @throws NotStorable the log refuses something in the events, and would again
 */
export async function take(deps: TakingRecords, judged: Judged, progress: Progress): Promise<Taken> {
  const { facts, kept, warned, rejected } = judged;
  if (kept.length > 0) await deps.intake.keepEach(kept);
  await deps.intake.keepWarnings(warned);
  if (rejected.length > 0) await deps.publishRejected(rejected);
  const receipts = await deps.intake.record(facts, progress).catch((cause: unknown) => {
    if (cause instanceof StoreUnavailable || facts.length === 0) throw cause;
    throw new NotStorable(cause instanceof Error ? cause.message : String(cause), { cause });
  });
  const duplicate = receipts.filter((receipt) => receipt.duplicate).length;
  return { accepted: receipts.length - duplicate, duplicate, rejected: rejected.length };
}

interface Read {
  readonly record: KafkaRecord;
  readonly said: Said | Unread;
  readonly key: string | undefined;
}

function withKey({ writeKey }: TakingRecords, record: KafkaRecord): Read {
  const said = readRecord(record);
  return { record, said, key: writeKeyOf(record.headers, isRejected(said) ? undefined : said) ?? writeKey };
}

async function openAll(
  { resolveWriteKey }: TakingRecords,
  keys: ReadonlySet<string | undefined>,
): Promise<ReadonlyMap<string | undefined, CollectorKey>> {
  const opened = new Map<string | undefined, CollectorKey>();
  for (const key of keys) {
    const collector = key === undefined ? undefined : await resolveWriteKey(key);
    if (collector) opened.set(key, collector);
  }
  return opened;
}

const keyMissing = (key: string | undefined): Rejected =>
  key === undefined
    ? reject('write-key-missing', 'Send a write key in the header write-key, or set KAFKA_WRITE_KEY')
    : reject('write-key-unknown', WRITE_KEY_UNKNOWN);

/** The record's own time, so that the same record comes to the same whenever it is read. */
function originOf(collector: CollectorKey, { timestamp }: KafkaRecord, now: Date): Origin {
  const receivedAt = timestamp >= EARLIEST && timestamp <= +now ? new Date(timestamp) : now;
  return { ...collector, call: CALL, receivedAt };
}

const judged = (intake: Intake, said: Said | Unread, origin: Origin): Normalised =>
  isRejected(said) ? said : intake.normalise(said.format, origin, said.item, { escaped: said.escaped });

/** A record that was read is kept as its item, so that it can be replayed; else as it came. */
function keptRecord(
  { value, partition, offset, unreadable }: KafkaRecord,
  said: Said | Unread,
  step: Rejected,
): Kept {
  const { format } = said;
  return isRejected(said)
    ? {
        ...{ unit: 'request', format: format.name, payload: value ?? Buffer.alloc(0), reason: step.rejected },
        ...(unreadable !== undefined && { knownBy: `${TOPICS.touchpoints}/${partition}/${offset}` }),
      }
    : keptItem(format, said.item, step);
}

/** The record as it was, with where it was and why it is here. */
function rejectedRecord(record: KafkaRecord, reason: Reason): NewRecord {
  const { key, value, headers, partition, offset } = record;
  const why: Headers = {
    'reason-code': reason.code,
    'reason-message': reason.message,
    ...(reason.path === undefined ? {} : { 'reason-path': reason.path }),
    'source-topic': TOPICS.touchpoints,
    'source-partition': String(partition),
    'source-offset': String(offset),
  };
  return { key, value, headers: { ...headers, ...why } };
}
