import type { Metadata, sendUnaryData, ServerUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { AdmittedCall, AdmittedCalls } from './admit-calls.js';
import type { Calls } from './calls.js';
import { type RecordCall, RecordStream } from './record-stream.js';
import {
  type Collecting,
  decodeMessages,
  ingestMessages,
  methodNamed,
  type Sender,
} from './record-messages.js';

export interface CollectorCalls extends Collecting {
  readonly calls: AdmittedCalls;
  readonly stopping: AbortSignal;
}

/** CollectorService: what its methods do with the bytes of a call. */
export function collectorService(deps: CollectorCalls, calls: Calls): UntypedServiceImplementation {
  return {
    Record: (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) =>
      calls.answer('CollectorService/Record', call, callback, () => record(deps, call)),
    RecordStream: (call: RecordCall, callback: sendUnaryData<Buffer>) =>
      calls.answer('CollectorService/RecordStream', call, callback, () => recordStream(deps, call)),
  };
}

/** Parsed, a message takes some five times its bytes. */
const PARSED = 4;

function record(
  deps: CollectorCalls,
  { request, metadata }: ServerUnaryCall<Buffer, Buffer>,
): Promise<Uint8Array> {
  const { flow, sender } = senderOf(deps, metadata, 'Record');
  return flow.handle(async () => {
    flow.reservation.grow(PARSED * request.length);
    await deps.inFlight.acquire(request.length);
    try {
      return await ingestMessages(deps, sender, decodeMessages(sender.method, [request]));
    } finally {
      deps.inFlight.release(request.length);
    }
  });
}

function recordStream(deps: CollectorCalls, call: RecordCall): Promise<Uint8Array> {
  const { flow, sender } = senderOf(deps, call.metadata, 'RecordStream');
  return flow.handle(() => new RecordStream(deps, call, flow, deps.stopping).run(sender));
}

/** @throws Error the call was not admitted */
function senderOf(
  { calls }: CollectorCalls,
  metadata: Metadata,
  call: string,
): Pick<AdmittedCall, 'flow'> & { readonly sender: Sender } {
  const { flow, collector } = calls.get(metadata) ?? {};
  if (!flow || !collector) throw new Error('a call was not admitted');
  return { flow, sender: { ...collector, method: methodNamed(call) } };
}
