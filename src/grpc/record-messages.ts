import type { CollectorKey } from '../http/known-keys.js';
import { Problem } from '../http/problem.js';
import { decodeRequest } from '../intake/decode.js';
import type { Items, RpcMethod } from '../intake/format.js';
import { protobuf } from '../intake/formats/protobuf.js';
import { isRejected, type Outcome, reject, type Rejected } from '../intake/outcome.js';
import type { Pipeline } from '../intake/pipeline.js';
import { refusalFor } from '../intake/refusal.js';
import { oversizedRequest, rejectedRequest } from '../intake/rejected-input.js';
import { type Origin, withOrigin } from '../intake/rejected.js';
import { RequestBody } from '../intake/request-body.js';
import type { ByteSemaphore } from './byte-semaphore.js';

export interface Collecting {
  readonly pipeline: Pipeline;
  readonly now: () => Date;
  /** Bytes of messages that are decoded and on their way to the log. */
  readonly inFlight: ByteSemaphore;
}

/** Who sends, and by which method. */
export interface Sender extends CollectorKey {
  readonly method: RpcMethod;
}

/** Messages decoded together. */
export interface DecodedMessages extends Items {
  /** The message that could not be decoded: it is the last one. */
  readonly bad: { readonly bytes: Buffer; readonly why: Rejected } | undefined;
}

/** @throws Error the format has no such method */
export function methodNamed(call: string): RpcMethod {
  const method = protobuf.rpc.find((each) => each.call === call);
  if (!method) throw new Error(`no method ${call}`);
  return method;
}

/** Decodes messages, up to the first bad one. */
export function decodeMessages(method: RpcMethod, messages: readonly Buffer[]): DecodedMessages {
  const items: unknown[] = [];
  let mayHoldUnstorable = false;
  for (const bytes of messages) {
    const head = { call: method.call, headers: {}, params: {}, query: '' };
    const decoded = decodeRequest(protobuf, method, head, new RequestBody(bytes, bytes));
    if (isRejected(decoded)) return { items, mayHoldUnstorable, bad: { bytes, why: decoded } };
    if (!('items' in decoded)) continue;
    for (const item of decoded.items) items.push(item);
    mayHoldUnstorable ||= decoded.mayHoldUnstorable !== false;
  }
  return { items, mayHoldUnstorable, bad: undefined };
}

/**
 * Puts items into the log, and a bad message into `rejected`: the same steps as those of a request over HTTP.
 *
 * @returns encoded receipts of the items; put together, several are one
 * @throws Problem 400 or 413 of a bad message, once all before it are in; StoreUnavailable
 */
export function ingestMessages(
  deps: Collecting,
  { method, ...key }: Sender,
  { bad, ...items }: DecodedMessages,
): Promise<Uint8Array> {
  const origin: Origin = { ...key, call: method.call, receivedAt: deps.now() };
  const outcomes =
    items.items.length > 0 ? deps.pipeline.ingest(protobuf, origin, items) : Promise.resolve([]);
  // Apart from the items, which must not live as long as their transaction.
  return reply(deps.pipeline, method, origin, outcomes, bad);
}

async function reply(
  pipeline: Pipeline,
  method: RpcMethod,
  origin: Origin,
  ingested: Promise<readonly Outcome[]>,
  bad: DecodedMessages['bad'],
): Promise<Uint8Array> {
  const outcomes = await ingested;
  if (bad) {
    await keepBad(pipeline, origin, bad.bytes, bad.why);
    throw refused(bad.why);
  }
  return method.reply(outcomes);
}

async function keepBad(
  pipeline: Pipeline,
  origin: Origin,
  bytes: Buffer,
  { rejected }: Rejected,
): Promise<void> {
  const sent = { sentBytes: bytes.length, receivedAt: origin.receivedAt };
  const input =
    bytes.length <= protobuf.requestBytes
      ? rejectedRequest(protobuf, { bytes: Buffer.from(bytes), ...PLAIN }, rejected)
      : oversizedRequest(protobuf, { bytes, ...PLAIN }, rejected, sent);
  await pipeline.keepRejected([withOrigin(origin, input)]);
}

const PLAIN = { encoding: '', charset: '' };

export function refused({ rejected }: Rejected): Problem {
  const { status, code, detail } = refusalFor(rejected);
  return new Problem(status, code, detail);
}

/** More touchpoints in one stream than its answer can hold receipts for. */
export const tooManyInStream = (most: number): Problem =>
  refused(reject('too-many-events', `The stream holds more than the limit of ${most} touchpoints`));
