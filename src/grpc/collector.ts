import type { Metadata, sendUnaryData, ServerUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { OpensKeys } from '../http/keys.js';
import { CollectorService } from '../proto/touchline/v1/collector_pb.js';
import { openedByWriteKey } from './auth.js';
import type { Calls } from './calls.js';
import { pathOf } from './definition.js';
import type { Inlets } from './inlet.js';
import { overloaded } from './overloaded.js';
import { type RecordCall, RecordStream } from './record-stream.js';
import { type Sender, take, takeApart, type Taking } from './taking.js';

export const RECORD_STREAM = pathOf(CollectorService.method.recordStream);

/** Counted for a call beside its messages. */
const CALL_BYTES = 4096;

export interface Collecting extends Taking {
  readonly keys: OpensKeys;
  readonly inlets: Inlets;
  readonly stopping: AbortSignal;
}

/** CollectorService: what its methods do with the bytes of a call. */
export function collectorService(deps: Collecting, calls: Calls): UntypedServiceImplementation {
  return {
    Record: (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) =>
      calls.answer('CollectorService/Record', call, callback, () => record(deps, call)),
    RecordStream: (call: RecordCall, callback: sendUnaryData<Buffer>) =>
      calls.answer('CollectorService/RecordStream', call, callback, () => recordStream(deps, call)),
  };
}

function record(
  deps: Collecting,
  { request, metadata }: ServerUnaryCall<Buffer, Buffer>,
): Promise<Uint8Array> {
  return inRoom(deps, CALL_BYTES + request.length, async () => {
    const sender = await senderOf(deps, metadata, 'Record');
    return take(deps, sender, takeApart(sender.call, [request]));
  });
}

function recordStream(deps: Collecting, call: RecordCall): Promise<Uint8Array> {
  return inRoom(deps, CALL_BYTES, async () => {
    const sender = await senderOf(deps, call.metadata, 'RecordStream');
    const inlet = deps.inlets.get(call.metadata);
    if (!inlet) throw new Error('a stream has no inlet');
    return new RecordStream(deps, call, inlet, deps.stopping).run(sender);
  });
}

const senderOf = async (deps: Collecting, metadata: Metadata, call: string): Promise<Sender> => ({
  ...(await openedByWriteKey(deps.keys, metadata)),
  call,
});

async function inRoom<T>({ messages }: Taking, bytes: number, work: () => Promise<T>): Promise<T> {
  if (!messages.tryEnter(bytes)) throw overloaded();
  return work().finally(() => messages.leave(bytes));
}
