import { expect, test } from '@jest/globals';
import { MemoryEventStore } from '../../event-store/memory.js';
import { FORMATS } from '../formats/all.js';
import { Pipeline } from '../pipeline.js';
import type { Origin, RejectedInput } from '../rejected.js';
import { recordFormats } from './read-record.js';
import { prepareRecords, type RecordIntake, writeRecords } from './record-batch.js';

const KEYS = {
  wk_public: { workspace: 'main', collector: 'web', keyScope: 'public' },
  sk_server: { workspace: 'main', collector: 'web' },
} as const;

const record = (offset: number, key: keyof typeof KEYS, value: object) => ({
  ...{ key: null, partition: 0, offset, timestamp: Date.now() },
  headers: { 'write-key': Buffer.from(key) },
  value: Buffer.from(JSON.stringify(value)),
});

test('a record and what is kept of a rejected one carry the scope of their write key', async () => {
  const store = new MemoryEventStore();
  const kept: (RejectedInput & Origin)[] = [];
  const rejected = { keep: async (some: readonly (RejectedInput & Origin)[]) => void kept.push(...some) };
  const intake: RecordIntake = {
    formats: recordFormats(FORMATS.list),
    pipeline: new Pipeline(store, rejected),
    resolveWriteKey: (key) => Promise.resolve(KEYS[key as keyof typeof KEYS]),
    writeKey: undefined,
    publishRejected: () => Promise.resolve(),
    now: () => new Date(),
  };
  const good = { kind: 'page_view', anonymousId: 'a-1' };
  const records = (['wk_public', 'sk_server'] as const).flatMap((key, index) => [
    record(index * 2, key, { ...good, messageId: `k-${key}` }),
    record(index * 2 + 1, key, { messageId: `bad-${key}` }),
  ]);
  await writeRecords(intake, await prepareRecords(intake, records), { source: 'kafka', next: 4n });
  const events = await store.readAll(0n, 10);
  expect(events.map(({ data }) => ('keyScope' in data ? data.keyScope : null))).toEqual(['public', null]);
  expect(kept.map(({ keyScope }) => keyScope ?? null)).toEqual(['public', null]);
});
