import { eventId } from '../domain/event-id.js';
import type { NewEvent } from '../domain/events.js';
import type { IsPlaceholder } from '../domain/placeholder.js';
import type { Clamped } from '../domain/touchpoint.js';
import {
  type EventStore,
  type NewFact,
  type Progress,
  QueueFull,
  type Receipt,
} from '../event-store/event-store.js';
import { isObject, type Fact, type Format, type Message } from './format.js';
import { derivedMessageId, lasting, MESSAGE_ID_LENGTH, messageIdOf } from './identities.js';
import { inspect, jsonText, storable } from './inspect.js';
import type { KeyQuotas } from './key-quotas.js';
import { sortByOccurrence } from './occurrence-order.js';
import { isRejected, type Outcome, type Rejected, type Warning } from './outcome.js';
import { type Kept, type Origin, type RejectedLog, withOrigin } from './rejected.js';
import { DAY_MS, PUBLIC_BACKDATE_DAYS } from '../limits-config.js';
import { Reading } from './reading.js';
import { believe, type BelievedTime, limitBackdating } from './time.js';
import { text } from './values.js';
import type { Warned, WarningLog } from './warnings.js';

/** What one item comes to before anything is written. */
export type Normalised =
  | {
      readonly messageId: string;
      /** One or more. */
      readonly facts: readonly NewFact[];
      readonly warnings: readonly Warning[];
    }
  | Rejected;

export interface IntakeOptions {
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

/**
 * The one way in for every format. Its steps: authenticate and parse (collector-routes.ts), then for the items of one
 * request normalise → sort → record → answer. What cannot be normalised is kept in `rejected`.
 */
export class Intake {
  private turnedAwayAt = -Infinity;

  constructor(
    private readonly store: EventStore,
    private readonly rejected: Pick<RejectedLog, 'keep'>,
    private readonly options: IntakeOptions = {},
  ) {}

  /**
   * Resolves once each item is in the log or in `rejected`, durably, with one outcome an item, in order. Sending the
   * same items again is safe.
   *
   * @param escaped whether the text the items came from holds `\\u` escapes, and with them perhaps characters that
   *   cannot be stored
   * @throws StoreUnavailable nothing, or not all, was kept: send the same items again
   * @throws QuotaExceeded nothing was kept
   */
  async take(
    format: Format,
    origin: Origin,
    items: readonly unknown[],
    escaped = true,
  ): Promise<readonly Outcome[]> {
    const end = this.options.quotas?.begin(origin.quota, items.length);
    try {
      return await this.takeAll(format, origin, items, escaped);
    } finally {
      end?.();
    }
  }

  private async takeAll(
    format: Format,
    origin: Origin,
    items: readonly unknown[],
    escaped: boolean,
  ): Promise<readonly Outcome[]> {
    const normalised = items.map((item, index) => this.normalise(format, origin, item, { escaped, index }));
    const kept = normalised.flatMap((step, index) =>
      isRejected(step) ? [keptItem(format, items[index], step)] : [],
    );
    const [receipts] = await Promise.all([this.accept(format, origin, normalised), this.keep(origin, kept)]);
    return answer(normalised, receipts, items);
  }

  /** The same for items that are in `rejected` already: what is rejected again stays as it is there. */
  async retake(format: Format, origin: Origin, items: readonly unknown[]): Promise<readonly Outcome[]> {
    const normalised = items.map((item) => this.normalise(format, origin, item));
    return answer(normalised, await this.accept(format, origin, normalised), items);
  }

  /** Appends the events of what is not rejected. Warnings come after them: they are of messages in the log. */
  private async accept(
    format: Format,
    origin: Origin,
    normalised: readonly Normalised[],
  ): Promise<readonly Receipt[]> {
    const { sorted, restore } = sortByOccurrence(
      normalised.flatMap((step) => (isRejected(step) ? [] : step.facts)),
    );
    const receipts = restore(await this.record(sorted));
    await this.keepWarnings(warnedOf(format, origin, normalised));
    return receipts;
  }

  /** One item by the settings of this intake. */
  normalise(format: Format, origin: Origin, item: unknown, options: NormaliseOptions = {}): Normalised {
    const { publicBackdateMs = PUBLIC_BACKDATE_DAYS * DAY_MS, isPlaceholder } = this.options;
    return normalise(format, origin, item, {
      ...options,
      publicBackdateMs,
      ...(isPlaceholder && { isPlaceholder }),
    });
  }

  /** True for a few seconds after the log's queue was full, unless something has been taken since. */
  get isFull(): boolean {
    return performance.now() - this.turnedAwayAt < FULL_FOR_MS;
  }

  /** Keeps what could not be taken apart, or one of its items. */
  keep(origin: Origin, kept: readonly Kept[]): Promise<void> {
    return this.keepEach(withOrigin(origin, kept));
  }

  /** The same for input of several origins. */
  async keepEach(kept: readonly (Kept & Origin)[]): Promise<void> {
    await this.rejected.keep(kept);
    for (const { reason } of kept) this.options.onRejected?.(reason.code);
  }

  async keepWarnings(warned: readonly Warned[]): Promise<void> {
    if (warned.length === 0) return;
    await this.options.warnings?.keep(warned);
    for (const { warnings } of warned) for (const { code } of warnings) this.options.onWarning?.(code);
  }

  /**
   * A receipt a fact, in order.
   *
   * @param progress of a consumer, kept together with the facts
   * @throws StoreUnavailable
   */
  async record(facts: readonly NewFact[], progress?: Progress): Promise<readonly Receipt[]> {
    if (facts.length === 0 && !progress) return [];
    const receipts = await this.store.record(facts, progress).catch((error: unknown) => {
      if (error instanceof QueueFull) this.turnedAwayAt = performance.now();
      throw error;
    });
    this.turnedAwayAt = -Infinity;
    return receipts;
  }
}

export interface NormaliseOptions {
  readonly escaped?: boolean;
  /** Its place in the request. */
  readonly index?: number;
  /** How far back from its receipt an event of a public key may lie, in ms; undefined: as far as it says. */
  readonly publicBackdateMs?: number;
  readonly isPlaceholder?: IsPlaceholder;
}

/** One item → its events, with ids and believed times. Pure. */
export function normalise(
  format: Format,
  origin: Origin,
  item: unknown,
  { escaped = true, index = 0, publicBackdateMs = Infinity, isPlaceholder }: NormaliseOptions = {},
): Normalised {
  const fault = inspect(item);
  if (fault) return fault;
  const said = escaped ? storable(item) : item;
  const reading = new Reading(origin.call, isPlaceholder);
  const message = format.read(said, reading);
  if (isRejected(message)) return explained(message, reading.warnings);
  const believed = believe(message.time, origin.receivedAt);
  const time = origin.keyScope ? limitBackdating(believed, origin.receivedAt, publicBackdateMs) : believed;
  const messageId = message.messageId ?? derivedMessageId(said, occasion(time, origin, index));
  if (time.clamped)
    reading.warn('time-replaced', describeClamp(time.occurredAt, time.clamped), message.time.path);
  return { messageId, facts: factsOf(messageId, message, time, origin), warnings: reading.warnings };
}

/** Two messages alike without id or time may be two page views as well as one sent twice: both are kept, as Segment does. */
const occasion = (time: BelievedTime, { receivedAt }: Origin, index: number): string =>
  time.original || time.clamped ? '' : `${receivedAt.toISOString()}/${index}`;

function factsOf(
  messageId: string,
  { facts }: Message,
  time: BelievedTime,
  { workspace, collector, keyScope }: Origin,
): readonly NewFact[] {
  const marks =
    time.clamped || keyScope
      ? { ...(time.clamped && { clamped: time.clamped }), ...(keyScope && { keyScope }) }
      : undefined;
  return facts.map((fact) => ({
    workspace,
    stream: fact.stream,
    event: {
      id: eventId(workspace, collector, messageId, fact.part),
      type: fact.type,
      schemaVersion: 1,
      occurredAt: time.occurredAt,
      collector,
      data: marks ? { ...fact.data, ...marks } : fact.data,
    } as NewEvent<Fact['type']>,
  }));
}

/** What is missing may have been sent as a placeholder: the reason says so. */
function explained({ rejected }: Rejected, warnings: readonly Warning[]): Rejected {
  if (!MISSING.has(rejected.code)) return { rejected };
  const ignored = warnings.map(({ path, message }) => `; ${path} ${message}`).join('');
  return { rejected: { ...rejected, message: rejected.message + ignored } };
}

const MISSING: ReadonlySet<string> = new Set(['identity-missing', 'missing-field']);

const CLAMPS: Readonly<Record<Clamped['reason'], string>> = {
  future: 'is after the receipt',
  absurd: 'is no time, or one before 1990',
  ambiguous: 'has several readings',
  backdated: 'is earlier than a public write key may send',
};

const describeClamp = (occurredAt: Date, { reason, original }: Clamped): string =>
  `"${original}" ${CLAMPS[reason]}; ${occurredAt.toISOString()} stands for it`;

/** The messages of which something was replaced or left out. */
export const warnedOf = (
  { name: format }: Format,
  { workspace, collector, call, receivedAt }: Origin,
  normalised: readonly Normalised[],
): readonly Warned[] =>
  normalised.flatMap((step) => {
    const eventId = isRejected(step) ? undefined : step.facts[0]?.event.id;
    if (isRejected(step) || eventId === undefined || step.warnings.length === 0) return [];
    const { messageId, warnings } = step;
    return [{ workspace, collector, call, receivedAt, format, messageId, eventId, warnings }];
  });

/** How an item that was rejected is kept. */
export function keptItem(format: Format, item: unknown, { rejected: reason }: Rejected): Kept {
  const messageId = soughtMessageId(item);
  const text = jsonText(item);
  return {
    unit: 'item',
    format: format.name,
    payload: Buffer.from(text),
    knownBy: isObject(item) ? jsonText(lasting(item)) : text,
    reason,
    ...(messageId === undefined ? {} : { messageId }),
  };
}

/** What the client will look for, however broken the rest is. */
function soughtMessageId(item: unknown): string | undefined {
  const id = isObject(item) ? text(messageIdOf(item.messageId), MESSAGE_ID_LENGTH) : undefined;
  return id && (storable(id) as string);
}

function answer(
  normalised: readonly Normalised[],
  receipts: readonly Receipt[],
  items: readonly unknown[],
): readonly Outcome[] {
  let next = 0;
  return normalised.map((step, index): Outcome => {
    if (isRejected(step)) {
      const messageId = soughtMessageId(items[index]);
      return { status: 'rejected', reason: step.rejected, ...(messageId === undefined ? {} : { messageId }) };
    }
    return receiptOf(step, receipts.slice(next, (next += step.facts.length)));
  });
}

/** A message is a duplicate when all its events are. */
function receiptOf(
  { messageId, warnings }: Exclude<Normalised, Rejected>,
  receipts: readonly Receipt[],
): Outcome {
  const [first] = receipts;
  if (!first) throw new Error('a message without events was appended');
  const status = receipts.every(({ duplicate }) => duplicate) ? 'duplicate' : 'accepted';
  return { status, messageId, eventId: first.eventId, position: first.position, warnings };
}
