import { once } from 'node:events';
import { type ServerWritableStream, status } from '@grpc/grpc-js';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { identifier, nameOf, uuid } from './appends.js';
import type { ServerLog, StoredRecord } from './log.js';

type Options = InstanceType<typeof streams.ReadReq.Options>;
type Call = ServerWritableStream<ReadReq, ReadResp>;
type Matches = (record: StoredRecord) => boolean;

/** What the real server answers with a status instead of events. */
class Refusal extends Error {
  constructor(
    readonly code: status,
    readonly details: string,
  ) {
    super(details);
  }
}

const { BACKWARDS } = streams.ReadReq.Options.ReadDirection;
const CHECKPOINT_EVERY = 32;

/** `Streams/Read` in all its forms: a stream or `$all`, both directions, filtered, once or for ever. */
export async function read(log: ServerLog, call: Call, pace: () => Promise<void>): Promise<void> {
  try {
    const options = call.request.getOptions() ?? new streams.ReadReq.Options();
    await pace();
    if (options.hasSubscription()) await subscription(log, call, options);
    else await page(log, call, options);
    call.end();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    call.emit('error', { code: error.code, details: error.details });
  }
}

async function page(log: ServerLog, call: Call, options: Options): Promise<void> {
  const own = options.getStream();
  const name = own && nameOf(own.getStreamIdentifier());
  if (name !== undefined && !log.streams.has(name)) {
    const missing = new streams.ReadResp.StreamNotFound().setStreamIdentifier(identifier(name));
    await write(call, new streams.ReadResp().setStreamNotFound(missing));
    return;
  }
  const matches = filterOf(options);
  const limit = Number(options.getCount());
  const window = options.getFilter()?.getMax() ?? 0;
  if (window > 0 && window <= limit) throw new Refusal(status.UNKNOWN, 'maxSearchWindow');
  let count = 0;
  for (const record of name === undefined ? inLog(log, options) : inStream(log, name, options)) {
    if (call.cancelled || count >= limit) return;
    if (!matches(record)) continue;
    count += 1;
    await write(call, new streams.ReadResp().setEvent(eventOf(record)));
  }
}

function* inStream(log: ServerLog, name: string, options: Options): Generator<StoredRecord> {
  const records = log.streams.get(name) ?? [];
  const own = options.getStream();
  const backwards = options.getReadDirection() === BACKWARDS;
  const from = own?.hasStart() ? 0 : own?.hasEnd() ? records.length - 1 : Number(own?.getRevision());
  yield* backwards ? records.slice(0, from + 1).reverse() : records.slice(from);
}

/** Forwards from a position includes its record, backwards does not. */
function* inLog(log: ServerLog, options: Options): Generator<StoredRecord> {
  const backwards = options.getReadDirection() === BACKWARDS;
  const start = startOf(log, options);
  const end = log.records.length;
  const step = backwards ? -1 : 1;
  for (let index = backwards ? start - 1 : start; index >= 0 && index < end; index += step) {
    const record = log.records[index];
    if (record) yield record;
  }
}

function startOf(log: ServerLog, options: Options): number {
  const all = options.getAll();
  if (all?.hasStart()) return 0;
  if (all?.hasEnd()) return log.records.length;
  const position = BigInt(all?.getPosition()?.getCommitPosition() ?? 0);
  const index = log.indexOf(position);
  if (index === undefined) throw new Refusal(status.INTERNAL, 'Invalid Position');
  return index;
}

/** From a position excludes its record. Events, and where the filter left much out checkpoints, until the client goes. */
async function subscription(log: ServerLog, call: Call, options: Options): Promise<void> {
  const matches = filterOf(options);
  const exclusive = options.getAll()?.hasPosition() ?? false;
  let next = startOf(log, options) + (exclusive ? 1 : 0);
  let passed = 0;
  let wake = (): void => undefined;
  const forget = log.onAppend(() => wake());
  call.on('cancelled', () => wake());
  await write(call, confirmation());
  while (!call.cancelled) {
    const record = log.records[next];
    if (!record) {
      await new Promise<void>((resolve) => (wake = resolve));
      continue;
    }
    next += 1;
    passed += 1;
    if (matches(record)) await write(call, new streams.ReadResp().setEvent(eventOf(record)));
    else if (passed >= CHECKPOINT_EVERY) await write(call, checkpoint(record));
    if (passed >= CHECKPOINT_EVERY) passed = 0;
  }
  forget();
}

const confirmation = () =>
  new streams.ReadResp().setConfirmation(
    new streams.ReadResp.SubscriptionConfirmation().setSubscriptionId('s-1'),
  );

function checkpoint({ position }: StoredRecord): ReadResp {
  const at = new streams.ReadResp.Checkpoint().setCommitPosition(String(position)).setPreparePosition('0');
  return new streams.ReadResp().setCheckpoint(at);
}

function filterOf(options: Options): Matches {
  const filter = options.getFilter();
  const expression = filter?.getEventType() ?? filter?.getStreamIdentifier();
  if (!filter || !expression) return () => true;
  const regex = expression.getRegex();
  const prefixes = expression.getPrefixList();
  const fits = regex
    ? (text: string) => new RegExp(regex).test(text)
    : (text: string) => prefixes.some((prefix) => text.startsWith(prefix));
  return ({ type, stream }) => fits(filter.hasEventType() ? type : stream);
}

function eventOf(record: StoredRecord): InstanceType<typeof streams.ReadResp.ReadEvent> {
  const position = String(record.position);
  const event = new streams.ReadResp.ReadEvent.RecordedEvent()
    .setId(uuid(record.id))
    .setStreamIdentifier(identifier(record.stream))
    .setStreamRevision(String(record.revision))
    .setCommitPosition(position)
    .setPreparePosition(position)
    .setData(record.data)
    .setCustomMetadata(record.metadata);
  event.getMetadataMap().set('type', record.type);
  event.getMetadataMap().set('content-type', record.contentType);
  event.getMetadataMap().set('created', String(record.created));
  return new streams.ReadResp.ReadEvent().setEvent(event).setCommitPosition(position);
}

async function write(call: Call, message: ReadResp): Promise<void> {
  if (call.write(message) || call.cancelled) return;
  const settled = new AbortController();
  const { signal } = settled;
  await Promise.race(['drain', 'cancelled', 'close'].map((event) => once(call, event, { signal })));
  settled.abort();
}
