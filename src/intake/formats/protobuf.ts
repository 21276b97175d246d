import { RecordRequestSchema } from '../../proto/touchline/v1/collector_pb.js';
import { TouchpointSchema } from '../../proto/touchline/v1/touchpoint_pb.js';
import type { Format, Split } from '../format.js';
import { reject } from '../outcome.js';
import { jsonDecoder } from '../protobuf-json.js';
import { tooManyEvents } from '../limits.js';
import { Unreadable, WireReader } from '../wire-reader.js';
import { native } from './native.js';

/** Calls whose body is a RecordRequest, or a RecordStreamRequest, which has the same fields. All others: a Touchpoint. */
export const LIST_CALLS: ReadonlySet<string> = new Set(['Record', 'RecordStream']);

/** `proto/touchline/v1/touchpoint.proto`: the native format in Protobuf. An item is the native item that it maps to. */
export const protobuf: Format = {
  ...native,
  name: 'protobuf',

  decode(bytes, call) {
    try {
      return LIST_CALLS.has(call) ? listOf(bytes) : { items: [touchpoint(bytes)] };
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      const message = `The body is not the Protobuf message of this call: ${error.message}`;
      return reject('unreadable-body', message);
    }
  },
};

const touchpoint = jsonDecoder(TouchpointSchema);
const request = jsonDecoder(RecordRequestSchema);

function listOf(bytes: Buffer): Split {
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
