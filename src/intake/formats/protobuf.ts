import { create, toBinary } from '@bufbuild/protobuf';
import {
  Receipt_Status,
  RecordRequestSchema,
  RecordResponseSchema,
} from '../../proto/touchline/v1/collector_pb.js';
import { TouchpointSchema } from '../../proto/touchline/v1/touchpoint_pb.js';
import type { Decoded, Format, RecordType, RpcMethod } from '../format.js';
import { tooManyEvents } from '../limits.js';
import { type Outcome, reject } from '../outcome.js';
import { jsonDecoder } from '../protobuf-json.js';
import type { RequestBody } from '../request-body.js';
import { Unreadable, WireReader } from '../wire-reader.js';
import { native } from './native.js';

const touchpoint = jsonDecoder(TouchpointSchema);
const request = jsonDecoder(RecordRequestSchema);

const PROTOBUF = /^application\/(?:x-protobuf|protobuf|vnd\.google\.protobuf)\s*(?:;|$)/i;

const touchpointRecord: RecordType = {
  call: 'kafka',
  contentType: 'application/x-protobuf',
  accepts: ({ 'content-type': type = '' }) => PROTOBUF.test(String(type)),
  decode: (_, body) => decoded(body, (bytes) => ({ items: [touchpoint(bytes)], isSingle: true })),
};

/** The body is a RecordRequest, or a RecordStreamRequest, which has the same fields. */
const method = (call: string): RpcMethod => ({
  call,
  decode: (_, body) => decoded(body, listOf),
  reply: receipts,
});

/** `proto/touchline/v1/touchpoint.proto`: the native format in Protobuf. An item is the native item that it maps to. */
export const protobuf: Format & { readonly rpc: readonly RpcMethod[] } = {
  ...native,
  name: 'protobuf',
  endpoints: [],
  record: touchpointRecord,
  rpc: [method('Record'), method('RecordStream')],
};

function decoded({ bytes }: RequestBody, decode: (bytes: Buffer) => Decoded): Decoded {
  try {
    // In bytes a NUL stands as it is, without an escape.
    return { ...decode(bytes), mayHoldUnstorable: bytes.includes(0) };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const message = `The body is not the Protobuf message of this call: ${error.message}`;
    return reject('unreadable-body', message);
  }
}

function listOf(bytes: Buffer): Decoded {
  if (hasTooManyFields(bytes)) return tooManyEvents(native);
  return { items: (request(bytes).touchpoints ?? []) as unknown[] };
}

/** Counted before they are decoded: an empty touchpoint takes two bytes here, and fifty times as many as an object. */
function hasTooManyFields(bytes: Buffer): boolean {
  const reader = new WireReader(bytes);
  let count = 0;
  try {
    for (const end = reader.open(); reader.next(end); count += 1) {
      if (count === native.requestItems) return true;
      reader.skip();
    }
  } catch (error) {
    // Decoding finds the same and says it better.
    if (!(error instanceof Unreadable)) throw error;
  }
  return false;
}

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
