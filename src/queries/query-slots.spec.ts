import { expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { StoreUnavailable } from '../event-store/event-store.js';
import { QuerySlots, type QuerySlotLimits } from './query-slots.js';

const LIMITS: QuerySlotLimits = { width: 2, share: 2, queue: 200, waitMs: 60_000 };
const gateOf = (limits: Partial<QuerySlotLimits>): QuerySlots => new QuerySlots({ ...LIMITS, ...limits });
const pause = () => new Promise((resolve) => setImmediate(resolve));

/** A question that runs until it is ended. */
function held(gate: QuerySlots, workspace: string) {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const state = { runs: false, end, done: Promise.resolve() };
  state.done = gate.run(workspace, () => {
    state.runs = true;
    return ended;
  });
  return state;
}

test('a limited number of queries runs concurrently, and the others follow in turn', async () => {
  const gate = gateOf({});
  let running = 0;
  let most = 0;
  const work = async (name: number) => {
    most = Math.max(most, ++running);
    await pause();
    running--;
    return name;
  };
  const all = await Promise.all([1, 2, 3, 4, 5].map((name) => gate.run('main', () => work(name))));
  expect([all, most, running]).toEqual([[1, 2, 3, 4, 5], 2, 0]);
});

test('a failed query releases its slot', async () => {
  const gate = gateOf({ width: 1 });
  const failing = gate.run('main', () => Promise.reject(new Error('lost')));
  const next = gate.run('main', () => Promise.resolve('done'));
  await expect(failing).rejects.toThrow('lost');
  expect(await next).toBe('done');
});

test('queries beyond the queue limit of a workspace are refused immediately, those of others are not', async () => {
  const gate = gateOf({ width: 1, queue: 1 });
  const first = held(gate, 'main');
  const second = gate.run('main', () => Promise.resolve());
  const other = gate.run('other', () => Promise.resolve());
  await expect(gate.run('main', () => Promise.resolve())).rejects.toThrow(StoreUnavailable);
  first.end();
  await Promise.all([first.done, second, other]);
});

test('a workspace that uses all its slots leaves slots for others', async () => {
  const gate = gateOf({ width: 4, share: 3 });
  const slow = Array.from({ length: 50 }, () => held(gate, 'slow'));
  expect(await gate.run('quick', () => Promise.resolve('answered'))).toBe('answered');
  expect(slow.filter(({ runs }) => runs)).toHaveLength(3);
  slow.forEach(({ end }) => end());
  await Promise.all(slow.map(({ done }) => done));
});

test('waiting workspaces take turns, however many queries one has sent', async () => {
  const gate = gateOf({ width: 1, share: 1 });
  const first = held(gate, 'slow');
  const order: string[] = [];
  const asked = ['slow', 'slow', 'slow', 'one', 'two', 'one'].map((workspace) =>
    gate.run(workspace, async () => void order.push(workspace)),
  );
  first.end();
  await Promise.all([first.done, ...asked]);
  expect(order).toEqual(['slow', 'one', 'two', 'slow', 'one', 'slow']);
});

test('a query that waits too long is refused and takes no slot later', async () => {
  const gate = gateOf({ width: 1, waitMs: 50 });
  const first = held(gate, 'main');
  let ran = false;
  await expect(gate.run('main', async () => void (ran = true))).rejects.toThrow(StoreUnavailable);
  first.end();
  await first.done;
  await sleep(10);
  expect(ran).toBe(false);
  expect(await gate.run('main', () => Promise.resolve('done'))).toBe('done');
});

test('limits hold and every query is answered, in any order of requests', async () => {
  const question = fc.record({
    workspace: fc.constantFrom('a', 'b', 'c'),
    turns: fc.integer({ min: 0, max: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(question, { maxLength: 40 }), async (questions) => {
      const gate = gateOf({ width: 3, share: 2 });
      const running = new Map<string, number>();
      const add = (workspace: string, by: number) =>
        running.set(workspace, (running.get(workspace) ?? 0) + by);
      const broken: string[] = [];
      await Promise.all(
        questions.map(({ workspace, turns }) =>
          gate.run(workspace, async () => {
            add(workspace, 1);
            const all = [...running.values()];
            if (all.some((count) => count > 2) || all.reduce((sum, count) => sum + count, 0) > 3)
              broken.push(workspace);
            for (let turn = 0; turn < turns; turn += 1) await pause();
            add(workspace, -1);
          }),
        ),
      );
      expect(broken).toEqual([]);
    }),
    { numRuns: 60 },
  );
});
