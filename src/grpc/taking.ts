import { create, toBinary } from '@bufbuild/protobuf';
import type { CollectorKey } from '../http/keys.js';
import { Problem } from '../http/problem.js';
import { keptRequest, keptTooLarge, refusalFor } from '../intake/collect.js';
import { protobuf } from '../intake/formats/protobuf.js';
import type { Intake } from '../intake/intake.js';
import { isRejected, type Outcome, reject, type Rejected } from '../intake/outcome.js';
import { parseBytes } from '../intake/parse.js';
import type { Origin } from '../intake/rejected.js';
import { Receipt_Status, RecordResponseSchema } from '../proto/touchline/v1/collector_pb.js';
import type { Room } from './room.js';

export interface Taking {
  readonly intake: Intake;
  readonly now: () => Date;
  /** Room for messages that are taken apart and on their way to the log, in bytes. */
  readonly taking: Room;
}

/** Who sends, and by which method: `Record` or `RecordStream`. */
export interface Sender extends CollectorKey {
  readonly call: string;
}

/** Messages taken apart together. */
export interface Taken {
  readonly items: readonly unknown[];
  /** They may hold characters that cannot be stored. */
  readonly escaped: boolean;
  /** The message that could not be taken apart: it is the last one. */
  readonly bad: { readonly bytes: Buffer; readonly why: Rejected } | undefined;
}

/** Takes messages apart, up to the first bad one. */
export function takeApart(call: string, messages: readonly Buffer[]): Taken {
  const items: unknown[] = [];
  let escaped = false;
  for (const bytes of messages) {
    const parsed = parseBytes(protobuf, call, bytes);
    if (isRejected(parsed)) return { items, escaped, bad: { bytes, why: parsed } };
    for (const item of parsed.items) items.push(item);
    escaped ||= parsed.escaped;
  }
  return { items, escaped, bad: undefined };
}

/**
 * Puts items into the log, and a bad message into `rejected`: the same steps as those of a request over HTTP.
 *
 * @returns encoded receipts of the items, a RecordResponse; put together, several are one
 * @throws Problem 400 or 413 of a bad message, once all before it is taken; StoreUnavailable
 */
export function take(deps: Taking, sender: Sender, { items, escaped, bad }: Taken): Promise<Uint8Array> {
  const origin: Origin = { ...sender, receivedAt: deps.now() };
  const outcomes =
    items.length > 0 ? deps.intake.take(protobuf, origin, items, escaped) : Promise.resolve([]);
  // Apart from the items, which must not live as long as their transaction.
  return answer(deps.intake, origin, outcomes, bad);
}

async function answer(
  intake: Intake,
  origin: Origin,
  outcomes: Promise<readonly Outcome[]>,
  bad: Taken['bad'],
): Promise<Uint8Array> {
  const answered = await outcomes;
  if (bad) {
    await keepBad(intake, origin, bad.bytes, bad.why);
    throw refused(bad.why);
  }
  return receipts(answered);
}

async function keepBad(intake: Intake, origin: Origin, bytes: Buffer, { rejected }: Rejected): Promise<void> {
  const sent = { sentBytes: bytes.length, receivedAt: origin.receivedAt };
  const kept =
    bytes.length <= protobuf.requestBytes
      ? keptRequest(protobuf, { bytes: Buffer.from(bytes), ...PLAIN }, rejected)
      : keptTooLarge(protobuf, { bytes, ...PLAIN }, rejected, sent);
  await intake.keep(origin, [kept]);
}

const PLAIN = { encoding: '', charset: '' };

export function refused({ rejected }: Rejected): Problem {
  const { status, code, detail } = refusalFor(rejected);
  return new Problem(status, code, detail);
}

/** More touchpoints in one stream than its answer can hold receipts for. */
export const tooManyInStream = (most: number): Problem =>
  refused(reject('too-many-events', `The stream holds more than the limit of ${most} touchpoints`));

const STATUS = {
  accepted: Receipt_Status.ACCEPTED,
  duplicate: Receipt_Status.DUPLICATE,
  rejected: Receipt_Status.REJECTED,
};

function receipts(outcomes: readonly Outcome[]): Uint8Array {
  return toBinary(RecordResponseSchema, create(RecordResponseSchema, { receipts: outcomes.map(receipt) }));
}

function receipt(outcome: Outcome) {
  const { messageId } = outcome;
  const known = messageId === undefined ? {} : { messageId };
  if (outcome.status === 'rejected') {
    const { status, reason } = outcome;
    return { ...known, status: STATUS[status], reason };
  }
  const { status, position, eventId, warnings } = outcome;
  return { ...known, status: STATUS[status], position, eventId, warnings: [...warnings] };
}
