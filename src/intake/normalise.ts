import { Logger } from '@nestjs/common';
import { eventId } from '../domain/event-id.js';
import type { NewEvent } from '../domain/events.js';
import type { IsPlaceholder } from '../domain/placeholder.js';
import type { OpportunityReport, ReceivedReport } from '../domain/opportunity-report.js';
import { type NewFact, StoreUnavailable } from '../event-store/event-store.js';
import { Problem } from '../http/problem.js';
import type { Fact, Format, Message } from './format.js';
import { derivedMessageId } from './identities.js';
import { inspect, storable } from './inspect.js';
import { ItemTimes } from './item-times.js';
import { receivedReport } from './opportunity-reports.js';
import { isRejected, reject, type Rejected, type Warning } from './outcome.js';
import { Reading } from './reading.js';
import type { Origin } from './rejected.js';
import type { BelievedTime } from './time.js';

/** What one item comes to before anything is written. */
export type Normalised =
  | {
      readonly messageId: string;
      /** One or more, unless there are reports. */
      readonly facts: readonly NewFact[];
      readonly reports: readonly ReceivedReport[];
      readonly warnings: readonly Warning[];
    }
  | Rejected;

export interface NormaliseOptions {
  /** False: the item holds no characters that cannot be stored. */
  readonly mayHoldUnstorable?: boolean | undefined;
  /** Its place in the request. */
  readonly index?: number;
  /** How far back from its receipt an event of a public key may lie, in ms; undefined: as far as it says. */
  readonly publicBackdateMs?: number | undefined;
  readonly isPlaceholder?: IsPlaceholder | undefined;
  /** Tells it from every other item that has neither an id nor a time; default: when it was received, and its place. */
  readonly occasion?: string | undefined;
}

/** One item → its events, with ids and believed times. Pure, but for the log of what a format could not read. */
export function normalise(
  format: Format,
  origin: Origin,
  item: unknown,
  options: NormaliseOptions = {},
): Normalised {
  const { mayHoldUnstorable = true, publicBackdateMs = Infinity, isPlaceholder } = options;
  const fault = inspect(item);
  if (fault) return fault;
  const content = mayHoldUnstorable ? storable(item) : item;
  const reading = new Reading({ call: origin.call, isPlaceholder, collector: origin.config, item: content });
  const message = readItem(format, content, reading);
  if (isRejected(message)) return explained(message, reading.warnings);
  const opportunities = reportsOf(message, reading, origin);
  if (isRejected(opportunities)) return opportunities;
  const times = new ItemTimes(message, reading, origin, publicBackdateMs);
  const { time } = times;
  const messageId = message.messageId ?? derivedMessageId(content, occasionOf(time, origin, options));
  const facts = factsOf(messageId, message, times, origin);
  const reports = opportunities.map((report, nth) =>
    receivedReport(origin, messageId, time.occurredAt, report, nth),
  );
  return { messageId, facts, reports, warnings: reading.warnings };
}

/** A fault of the format's is of this item alone: the others of its request are recorded. */
function readItem(format: Format, content: unknown, reading: Reading): Message | Rejected {
  try {
    return format.read(content, reading);
  } catch (error) {
    // These tell the state of the server, not of the item: it may be sent again.
    if (error instanceof Problem || error instanceof StoreUnavailable) throw error;
    log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return UNREADABLE;
  }
}

const log = new Logger('intake');
const UNREADABLE = reject('unreadable-item', 'The format could not read it; the log of the server says why');

/** Of its own, and those of the mapping. A public key is anybody's: it reports none. */
function reportsOf(
  { opportunities = [] }: Message,
  { opportunities: mapped, warnings }: Reading,
  { keyScope }: Origin,
): readonly OpportunityReport[] | Rejected {
  if (keyScope !== 'public') return [...opportunities, ...mapped];
  if (opportunities.length > 0) return PUBLIC_REPORT;
  if (mapped.length > 0) warnings.push({ ...PUBLIC_REPORT.rejected, path: 'opportunityId' });
  return [];
}

const PUBLIC_REPORT = reject('write-key-public', 'A public write key cannot report opportunities');

/** Two messages alike without id or time may be two page views as well as one sent twice: both are kept, as Segment does. */
function occasionOf(
  time: BelievedTime,
  { receivedAt }: Origin,
  { index = 0, occasion = `${receivedAt.toISOString()}/${index}` }: NormaliseOptions,
): string {
  return time.original || time.clamped ? '' : occasion;
}

function factsOf(
  messageId: string,
  { facts }: Message,
  times: ItemTimes,
  { workspace, collector, keyScope }: Origin,
): readonly NewFact[] {
  return facts.flatMap((fact) => {
    const time = times.ofFact(fact);
    if (!time) return [];
    const { occurredAt, clamped } = time;
    const isMarked = clamped !== undefined || keyScope !== undefined;
    const marks = isMarked && { ...(clamped && { clamped }), ...(keyScope && { keyScope }) };
    return {
      workspace,
      stream: fact.stream,
      event: {
        id: eventId(workspace, collector, messageId, fact.part),
        type: fact.type,
        schemaVersion: 1,
        occurredAt,
        collector,
        data: marks ? { ...fact.data, ...marks } : fact.data,
      } as NewEvent<Fact['type']>,
    };
  });
}

/** What is missing may have been sent as a placeholder: the reason says so. */
function explained({ rejected }: Rejected, warnings: readonly Warning[]): Rejected {
  if (!MISSING.has(rejected.code)) return { rejected };
  const ignored = warnings.map(({ path, message }) => `; ${path} ${message}`).join('');
  return { rejected: { ...rejected, message: rejected.message + ignored } };
}

const MISSING: ReadonlySet<string> = new Set(['identity-missing', 'missing-field']);
