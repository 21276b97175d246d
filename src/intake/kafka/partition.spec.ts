import { expect, test } from '@jest/globals';
import { StoreUnavailable } from '../../event-store/event-store.js';
import { Partition, type PartitionOptions } from './partition.js';
import { Room } from './room.js';

test('what fails once the partition is closed makes nobody wait', async () => {
  let fail: (error: Error) => void = () => undefined;
  let asked: () => void = () => undefined;
  const asking = new Promise<void>((resolve) => (asked = resolve));
  const waits: unknown[] = [];
  const never = (): never => {
    throw new Error('not to be called');
  };
  const partition = new Partition(
    {
      source: 'kafka:touchline:touchpoints:0',
      store: {
        progressOf: () =>
          new Promise((_, reject) => {
            fail = reject;
            asked();
          }),
      },
      taking: {} as PartitionOptions['taking'],
      room: new Room(1, 0, never),
      ...{ readFrom: never, bounds: never, taken: never, goesOn: never },
      waits: (why) => waits.push(why),
    },
    Promise.resolve(),
  );
  await asking;
  const closed = partition.close();
  fail(new StoreUnavailable('away', 0));
  await closed;

  expect(waits).toEqual([]);
});
