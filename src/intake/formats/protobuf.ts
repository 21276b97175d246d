import { RecordRequestSchema } from '../../proto/touchline/v1/collector_pb.js';
import { TouchpointSchema } from '../../proto/touchline/v1/touchpoint_pb.js';
import type { Format } from '../format.js';
import { reject } from '../outcome.js';
import { jsonDecoder } from '../protobuf-json.js';
import { Unreadable } from '../wire-reader.js';
import { native } from './native.js';

/** Calls whose body is a RecordRequest, or a RecordStreamRequest, which has the same fields. All others: a Touchpoint. */
export const LIST_CALLS: ReadonlySet<string> = new Set(['Record', 'RecordStream']);

/** `proto/touchline/v1/touchpoint.proto`: the native format in Protobuf. An item is the native item that it maps to. */
export const protobuf: Format = {
  ...native,
  name: 'protobuf',

  decode(bytes, call) {
    try {
      return { items: LIST_CALLS.has(call) ? listOf(bytes) : [touchpoint(bytes)] };
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      const message = `The body is not the Protobuf message of this call: ${error.message}`;
      return reject('unreadable-body', message);
    }
  },
};

const touchpoint = jsonDecoder(TouchpointSchema);
const request = jsonDecoder(RecordRequestSchema);
const listOf = (bytes: Buffer): readonly unknown[] => (request(bytes).touchpoints ?? []) as unknown[];
