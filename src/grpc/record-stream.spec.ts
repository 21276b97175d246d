import { expect, test } from '@jest/globals';
import { EventEmitter, getEventListeners } from 'node:events';
import { MemoryEventStore } from '../event-store/memory.js';
import { Intake } from '../intake/intake.js';
import type { CallIntake } from './call-intake.js';
import { type RecordCall, RecordStream } from './record-stream.js';
import { Room } from './room.js';

test('a stream that has ended leaves no listener at the signal of the server', async () => {
  const call = new EventEmitter();
  const stopping = new AbortController();
  const deps = {
    intake: new Intake(new MemoryEventStore(), { keep: () => Promise.resolve() }),
    ...{ now: () => new Date(), taking: new Room(1) },
  };
  const stream = new RecordStream(deps, call as RecordCall, {} as CallIntake, stopping.signal);
  const answer = stream.run({ workspace: 'main', collector: 'web', call: 'RecordStream' });
  expect(getEventListeners(stopping.signal, 'abort')).toHaveLength(1);
  call.emit('end');
  await answer;
  expect(getEventListeners(stopping.signal, 'abort')).toEqual([]);
});
