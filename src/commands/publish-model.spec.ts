import { expect, test } from '@jest/globals';
import { MemoryEventStore } from '../event-store/memory.js';
import { defaultModel, MODEL_STREAM, publishDefaultModel, publishModel } from './publish-model.js';

test('the default journey model has three personas, five stages, caps and a half-life', async () => {
  const model = await defaultModel();
  expect(model.personas).toHaveLength(3);
  expect(model.stages).toHaveLength(5);
  expect(model.scoring.rules.some(({ cap }) => cap)).toBe(true);
  expect(model.scoring.halfLifeDays).toBe(30);
  expect(model.attribution.lookbackDays).toBe(365);
});

test('publishing a journey model adds a version, and the same document again changes nothing', async () => {
  const store = new MemoryEventStore();
  const model = await defaultModel();
  const first = await publishModel(store, 'main', model, { by: 'ada' });
  const again = await publishModel(store, 'main', await defaultModel());
  const second = await publishModel(store, 'main', { ...model, name: 'Ours' });
  expect(first).toMatchObject({ version: 1, changed: true });
  expect(again).toEqual({ ...first, changed: false });
  expect(second).toMatchObject({ version: 2, changed: true });
  expect((await store.readStream('main', MODEL_STREAM)).map(({ version }) => version)).toEqual([1, 2]);
});

test('the default journey model never replaces a published one', async () => {
  const store = new MemoryEventStore();
  await publishModel(store, 'main', { ...(await defaultModel()), name: 'Ours' });
  await publishDefaultModel(store, 'main');
  await publishDefaultModel(store, 'other');
  expect(await store.readStream('main', MODEL_STREAM)).toHaveLength(1);
  expect(await store.readStream('other', MODEL_STREAM)).toHaveLength(1);
});
