import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoreUnavailable } from '../event-store/event-store.js';
import { RequestSpool, type SpooledRequest } from './request-spool.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'touchline-spool-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const request = (id: string): SpooledRequest => ({
  ...{ workspace: 'main', collector: 'links', collectorId: 'c', format: 'links', call: 'click' },
  ...{ receivedAt: '2026-03-01T09:30:00.000Z', items: [{ id }] },
});

test('what one process kept is recorded by the next, each once and the oldest first', async () => {
  const first = new RequestSpool(folder, () => Promise.reject(new StoreUnavailable('away', 1)));
  await first.keep(request('1'));
  await Promise.all(['2', '3', '4'].map((id) => first.keep(request(id))));
  await first.drain();
  await first.stop();

  const recorded: SpooledRequest[] = [];
  const record = (each: SpooledRequest): Promise<void> => Promise.resolve(void recorded.push(each));
  const next = new RequestSpool(folder, record);
  await next.drain();
  await next.drain();

  expect(recorded).toEqual(['1', '2', '3', '4'].map(request));
  expect(await readdir(folder)).toEqual([]);
});

test('requests over the limit are not kept, and are again once there is room', async () => {
  const spool = new RequestSpool(folder, () => Promise.resolve(), 300);
  await spool.keep(request('1'));
  await expect(spool.keep(request('2'))).rejects.toThrow(StoreUnavailable);
  await spool.drain();
  await spool.drain();
  await expect(spool.keep(request('2'))).resolves.toBeUndefined();
});

test('a file that cannot be recorded is left aside, and the others are recorded', async () => {
  await writeFile(join(folder, '0-broken.ndjson'), '{"workspace":');
  const recorded: SpooledRequest[] = [];
  const spool = new RequestSpool(folder, (each) => Promise.resolve(void recorded.push(each)));
  await spool.keep(request('1'));
  await spool.drain();
  expect(recorded).toHaveLength(1);
  expect(await readdir(folder)).toEqual(['0-broken.failed']);
});
