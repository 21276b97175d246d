import { afterEach, expect, test } from '@jest/globals';
import { Problem } from '../../http/problem.js';
import { StoreUnavailable } from '../../event-store/event-store.js';
import type { EngagementQuery } from './engagement.js';
import { EngagementThread } from './engagement-in-thread.js';
import { DEFAULT_KEPT } from './kept-histories.js';

/** A thread that answers each call by this code; `port` is its end of the channel. */
const script = (code: string): URL =>
  new URL(
    `data:text/javascript,import { parentPort as port } from 'node:worker_threads';
     port.on('message', ({ id }) => { ${code} });`,
  );

let thread: EngagementThread;
afterEach(() => thread.close());

const hooksOf = async (code: string): Promise<unknown> => {
  thread = new EngagementThread({ databaseUrl: '', limits: DEFAULT_KEPT }, script(code));
  return thread.hooks({} as EngagementQuery<never>);
};

test('what waits when the thread of metrics dies is answered with Retry-After, and the next query starts another', async () => {
  const first = hooksOf('process.exit(1)');
  await expect(first).rejects.toThrow(StoreUnavailable);
  await expect(thread.hooks({} as EngagementQuery<never>)).rejects.toThrow(StoreUnavailable);
});

test.each([
  ['outage', StoreUnavailable],
  ['timeout', Problem],
  ['fault', Error],
])('a failure of the kind %s keeps its meaning on the way out of the thread', async (kind, expected) => {
  await expect(
    hooksOf(`port.postMessage({ id, failure: { kind: '${kind}', message: 'gone' } })`),
  ).rejects.toThrow(expected);
});

test('answers are those of their calls', async () => {
  expect(await hooksOf('port.postMessage({ id, answer: { cells: [], total: id } })')).toEqual({
    cells: [],
    total: 1,
  });
});
