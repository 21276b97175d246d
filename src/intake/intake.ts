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
import { type Draft, draftOf, type Normalised, receiptOf, soughtMessageId } from './drafts.js';
import { isObject, type Fact, type Format, type Message } from './format.js';
import { derivedMessageId, lasting } from './identities.js';
import { inspect, jsonText, storable } from './inspect.js';
import type { KeyQuotas } from './key-quotas.js';
import { sortByOccurrence } from './occurrence-order.js';
import { isRejected, type Outcome, type Rejected, type Warning } from './outcome.js';
import { type Kept, type Origin, type RejectedLog, withOrigin } from './rejected.js';
import { DAY_MS, PUBLIC_BACKDATE_DAYS } from '../limits-config.js';
import { Reading } from './reading.js';
import { believe, type BelievedTime, limitBackdating } from './time.js';
import type { Warned, WarningLog } from './warnings.js';

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
    return this.takeAll(format, origin, items, escaped).finally(end);
  }

  /** Nothing is awaited here: the items must not live as long as their transaction. */
  private async takeAll(
    format: Format,
    origin: Origin,
    items: readonly unknown[],
    escaped: boolean,
  ): Promise<readonly Outcome[]> {
    const { kept, ...recording } = this.recordItems(format, origin, items, escaped);
    return this.answer(recording, this.keep(origin, kept));
  }

  /** The same for items that are in `rejected` already: what is rejected again stays as it is there. */
  async retake(format: Format, origin: Origin, items: readonly unknown[]): Promise<readonly Outcome[]> {
    return this.answer(this.recordItems(format, origin, items, true));
  }

  /**
   * Normalises items and hands their facts to the log, which encodes them. Nothing of the items outlives this but what the
   * answer says of them: what lives until the commit is copied by the garbage collector.
   */
  private recordItems(
    format: Format,
    origin: Origin,
    items: readonly unknown[],
    escaped: boolean,
  ): Recording & { readonly kept: readonly Kept[] } {
    const normalised = items.map((item, index) => this.normalise(format, origin, item, { escaped, index }));
    const { sorted, restore } = sortByOccurrence(
      normalised.flatMap((step) => (isRejected(step) ? [] : step.facts)),
    );
    return {
      kept: normalised.flatMap((step, index) =>
        isRejected(step) ? [keptItem(format, items[index], step)] : [],
      ),
      drafts: normalised.map((step, index) => draftOf(step, items[index])),
      warned: warnedOf(format, origin, normalised),
      recorded: this.record(sorted).then(restore),
    };
  }

  /** Warnings come after the facts: they are of messages in the log. */
  private async answer(
    { drafts, recorded, warned }: Recording,
    kept?: Promise<void>,
  ): Promise<readonly Outcome[]> {
    const accepted = recorded.then((receipts) => this.keepWarnings(warned).then(() => receipts));
    const [receipts] = await Promise.all([accepted, kept]);
    let next = 0;
    return drafts.map((draft) =>
      draft.status === 'rejected' ? draft : receiptOf(draft, receipts.slice(next, (next += draft.facts))),
    );
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
  record(facts: readonly NewFact[], progress?: Progress): Promise<readonly Receipt[]> {
    if (facts.length === 0 && !progress) return Promise.resolve([]);
    return this.noteFullness(this.store.record(facts, progress));
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

/** What is left of the items of a request while their facts are on their way. */
interface Recording {
  readonly drafts: readonly Draft[];
  readonly recorded: Promise<readonly Receipt[]>;
  readonly warned: readonly Warned[];
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
