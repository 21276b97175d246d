import { expect, test } from '@jest/globals';
import { EventEmitter, getEventListeners } from 'node:events';
import { MemoryEventStore } from '../event-store/memory.js';
import { Pipeline } from '../intake/pipeline.js';
import type { CallFlowControl } from './call-flow-control.js';
import { methodNamed } from './record-messages.js';
import { type RecordCall, RecordStream } from './record-stream.js';
import { ByteSemaphore } from './byte-semaphore.js';

test('a stream that has ended leaves no listener at the signal of the server', async () => {
  const call = new EventEmitter();
  const stopping = new AbortController();
  const deps = {
    pipeline: new Pipeline(new MemoryEventStore(), { keep: () => Promise.resolve() }),
    ...{ now: () => new Date(), inFlight: new ByteSemaphore(1) },
  };
  const stream = new RecordStream(deps, call as RecordCall, {} as CallFlowControl, stopping.signal);
  const answer = stream.run({ workspace: 'main', collector: 'web', method: methodNamed('RecordStream') });
  expect(getEventListeners(stopping.signal, 'abort')).toHaveLength(1);
  call.emit('end');
  await answer;
  expect(getEventListeners(stopping.signal, 'abort')).toEqual([]);
});
