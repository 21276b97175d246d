import { expect, test } from '@jest/globals';
import { QuerySlots } from './query-slots.js';
import { SharedResults } from './shared-results.js';

interface Result {
  readonly name: string;
  readonly cells: number;
}

/** Results with a computation of theirs that ends when it is let go. */
function world(mostCells = 100) {
  const slots = new QuerySlots({ width: 2, share: 1, queue: 200, waitMs: 30_000 });
  const results = new SharedResults<Result>(slots, { mostCells, cellsOf: ({ cells }) => cells });
  const computed: string[] = [];
  const waiting = new Map<string, () => void>();
  const ask = (workspace: string, key: string, cells = 1, fails = false): Promise<Result> =>
    results.one(workspace, {
      key,
      compute: async () => {
        const name = `${workspace} ${key}`;
        computed.push(name);
        await new Promise<void>((resolve) => waiting.set(name, resolve));
        if (fails) throw new Error(`${name} fails`);
        return { name, cells };
      },
    });
  const finish = (name: string): void => waiting.get(name)?.();
  /** Asks and lets it be computed. */
  const have = async (workspace: string, key: string, cells: number): Promise<void> => {
    const asked = ask(workspace, key, cells);
    finish(`${workspace} ${key}`);
    await asked;
  };
  return { ask, finish, have, computed };
}

const turns = () => new Promise((resolve) => setImmediate(resolve));

test('requests for the same result in flight share one computation, and later ones its result', async () => {
  const { ask, finish, computed } = world();
  const asked = [ask('main', 'a'), ask('main', 'a'), ask('main', 'a')];
  finish('main a');
  const [first, ...others] = await Promise.all(asked);
  for (const other of [...others, await ask('main', 'a')]) expect(other).toBe(first);
  expect(computed).toEqual(['main a']);
});

test('a computation that fails fails for all who wait for it, and is tried again by the next', async () => {
  const { ask, finish, computed } = world();
  const asked = [ask('main', 'a', 1, true), ask('main', 'a')];
  finish('main a');
  expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const again = ask('main', 'a');
  finish('main a');
  expect(await again).toEqual({ name: 'main a', cells: 1 });
  expect(computed).toHaveLength(2);
});

test('another workspace is computed while one has hundreds of requests waiting', async () => {
  const { ask, finish, computed } = world();
  const many = Array.from({ length: 300 }, (_, index) => ask('busy', String(index)));
  const refused = Promise.allSettled(many);
  const other = ask('other', 'a');
  await turns();
  expect(computed).toEqual(['busy 0', 'other a']);
  finish('other a');
  expect(await other).toEqual({ name: 'other a', cells: 1 });
  for (let index = 0; index <= 200; index++) {
    finish(`busy ${index}`);
    await turns();
  }
  const failed = (await refused).flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []));
  expect(failed).toHaveLength(99);
  expect(failed[0]).toContain('Too many concurrent queries in the workspace');
});

test('ten thousand results of one workspace push out none of another', async () => {
  const { ask, have, computed } = world(100);
  await have('other', 'kept', 40);
  for (let index = 0; index < 10_000; index++) await have('busy', String(index), 7);
  expect((await ask('other', 'kept')).cells).toBe(40);
  expect((await ask('busy', '9999')).cells).toBe(7);
  expect(computed).toHaveLength(10_001);
});
