import { type Progress, StoreUnavailable } from '../../event-store/event-store.js';
import type { KeyQuota } from '../../http/known-keys.js';
import { type Headers, type KafkaRecord, type NewRecord, TOPICS } from '../../kafka/kafka.js';
import { Batch } from '../batch.js';
import { type CollectorKey, type ResolveWriteKey, WRITE_KEY_UNKNOWN } from '../credentials.js';
import { EARLIEST } from '../instant.js';
import type { KeyQuotas } from '../key-quotas.js';
import { isRejected, type Reason, reject, type Rejected } from '../outcome.js';
import type { Pipeline } from '../pipeline.js';
import { type Origin, type RejectedInput, withOrigin } from '../rejected.js';
import {
  type DecodedRecord,
  readRecord,
  type RecordFormat,
  type UnreadableRecord,
  writeKeyOf,
} from './read-record.js';

/** What records need to get in. */
export interface RecordIntake {
  readonly pipeline: Pipeline;
  readonly formats: readonly RecordFormat[];
  readonly resolveWriteKey: ResolveWriteKey;
  /** Undefined: keys send as much as they like. */
  readonly quotas?: KeyQuotas;
  /** Opens the workspace of records that carry no key. */
  readonly writeKey: string | undefined;
  /** Resolves when the records are kept in `touchpoints.rejected`. */
  readonly publishRejected: (records: readonly NewRecord[]) => Promise<void>;
  readonly now: () => Date;
}

/** Records that are normalised, and not yet written anywhere. */
export interface RecordBatch {
  readonly batch: Batch;
  /** For the topic `touchpoints.rejected`. */
  readonly rejected: readonly NewRecord[];
  /** How many came with each key. */
  readonly sent: ReadonlyMap<KeyQuota, number>;
}

export class NotStorable extends Error {
  override readonly name = 'NotStorable';
}

/** How many records had each outcome. */
export interface RecordOutcomes {
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: number;
}

/**
 * The steps of the pipeline up to normalise, of records that may be of several keys.
 *
 * @param fault found in them by whoever tried to write them
 * @throws StoreUnavailable keys cannot be asked for now
 */
export async function prepareRecords(
  intake: RecordIntake,
  records: readonly KafkaRecord[],
  fault?: Rejected,
): Promise<RecordBatch> {
  const decoded = records.map((record) => decodeWithKey(intake, record));
  const collectors = await resolveKeys(intake, new Set(decoded.map(({ key }) => key)));
  const now = intake.now();
  const batch = new Batch();
  const rejected: NewRecord[] = [];
  const sent = new Map<KeyQuota, number>();
  for (const { record, read, key } of decoded) {
    const collector = collectors.get(key);
    if (!collector) {
      rejected.push(rejectedRecord(record, keyRejection(key)));
      continue;
    }
    const origin = originOf(collector, read.format.record?.call ?? '', record, now);
    if (origin.quota) sent.set(origin.quota, (sent.get(origin.quota) ?? 0) + 1);
    const reason = addToBatch(intake.pipeline, batch, origin, { record, read }, fault);
    if (reason) rejected.push(rejectedRecord(record, reason));
  }
  return { batch, rejected, sent };
}

/** @returns why the record is rejected; undefined: it is not */
function addToBatch(
  pipeline: Pipeline,
  batch: Batch,
  origin: Origin,
  { record, read }: Pick<RecordWithKey, 'record' | 'read'>,
  fault: Rejected | undefined,
): Reason | undefined {
  if (isRejected(read)) {
    const { rejected: reason } = fault ?? read;
    batch.rejected.push(withOrigin(origin, unreadableInput(record, read, reason)));
    return reason;
  }
  const { format, item, mayHoldUnstorable } = read;
  const step = fault ?? pipeline.normalise(format, origin, item, { mayHoldUnstorable });
  batch.add(format, origin, item, step, () => ({ sent: record.value ?? undefined }));
  return isRejected(step) ? step.rejected : undefined;
}

/**
 * The steps of the pipeline from record on; what is rejected goes first, so that nothing is passed over by a crash in between:
 * the facts and the progress are written together, and reports of opportunities before. Of the batch nothing is left: its facts must not live as long as their
 * transaction. To try again, prepare the records again; that is safe.
 *
 * @throws StoreUnavailable, KafkaUnavailable
 * @throws NotStorable the log refuses something in the events, and would again
 */
export async function writeRecords(
  { pipeline, publishRejected }: Pick<RecordIntake, 'pipeline' | 'publishRejected'>,
  { batch, rejected }: RecordBatch,
  progress: Progress,
): Promise<RecordOutcomes> {
  const { length: facts } = batch.facts;
  await pipeline.keepRejected(batch.rejected);
  await pipeline.decideReports(batch.reports);
  await pipeline.keepWarnings(batch.warned);
  if (rejected.length > 0) await publishRejected(rejected);
  const recorded = pipeline.record(batch.facts.splice(0), progress);
  const receipts = await recorded.catch((cause: unknown) => {
    if (cause instanceof StoreUnavailable || facts === 0) throw cause;
    throw new NotStorable(cause instanceof Error ? cause.message : String(cause), { cause });
  });
  const duplicate = receipts.filter((receipt) => receipt.duplicate).length;
  return { accepted: receipts.length - duplicate, duplicate, rejected: rejected.length };
}

interface RecordWithKey {
  readonly record: KafkaRecord;
  readonly read: DecodedRecord | UnreadableRecord;
  readonly key: string | undefined;
}

function decodeWithKey({ formats, writeKey }: RecordIntake, record: KafkaRecord): RecordWithKey {
  const read = readRecord(formats, record);
  return { record, read, key: writeKeyOf(read) ?? writeKey };
}

async function resolveKeys(
  { resolveWriteKey }: RecordIntake,
  keys: ReadonlySet<string | undefined>,
): Promise<ReadonlyMap<string | undefined, CollectorKey>> {
  const collectors = new Map<string | undefined, CollectorKey>();
  for (const key of keys) {
    const collector = key === undefined ? undefined : await resolveWriteKey(key);
    if (collector) collectors.set(key, collector);
  }
  return collectors;
}

const keyRejection = (key: string | undefined): Reason =>
  (key === undefined
    ? reject('write-key-missing', 'Send a write key in the header write-key, or set KAFKA_WRITE_KEY')
    : reject('write-key-unknown', WRITE_KEY_UNKNOWN)
  ).rejected;

/** The record's own time, so that the same record comes to the same whenever it is read. */
function originOf(collector: CollectorKey, call: string, { timestamp }: KafkaRecord, now: Date): Origin {
  const receivedAt = timestamp >= EARLIEST && timestamp <= +now ? new Date(timestamp) : now;
  return { ...collector, call, receivedAt };
}

/** A record that was read is kept as its item, so that it can be replayed; this one as it came. */
const unreadableInput = (
  { value, partition, offset, unreadable }: KafkaRecord,
  { format }: UnreadableRecord,
  reason: Reason,
): RejectedInput => ({
  ...{ unit: 'request', format: format.name, payload: value ?? Buffer.alloc(0), reason },
  ...(unreadable !== undefined && { knownBy: `${TOPICS.touchpoints}/${partition}/${offset}` }),
});

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
