import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoreUnavailable } from '../event-store/event-store.js';
import { Metrics } from '../metrics.js';
import { QuotaExceeded } from './key-quotas.js';
import { type RecordSpooled, RequestSpool, type SpooledRequest } from './request-spool.js';
import { SpoolFigures } from './spool-figures.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'touchline-spool-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const request = (id: string, workspace = 'main'): SpooledRequest => ({
  ...{ workspace, collector: 'links', collectorId: 'c', format: 'links', call: 'click' },
  ...{ receivedAt: '2026-03-01T09:30:00.000Z', items: [{ id }] },
});
const BYTES = Buffer.byteLength(JSON.stringify(request('1'))) + 1;

const idOf = ({ items }: SpooledRequest): string => (items[0] as { id: string }).id;
const away: RecordSpooled = () => Promise.reject(new StoreUnavailable('away', 1));
const recording = (recorded: SpooledRequest[]): RecordSpooled => {
  return (each) => Promise.resolve(void recorded.push(each));
};

test('what one process kept is recorded by the next, each once and the oldest first', async () => {
  const first = new RequestSpool(folder, away);
  await first.keep(request('1'));
  await Promise.all(['2', '3', '4'].map((id) => first.keep(request(id))));
  await first.drain();
  await first.stop();

  const recorded: SpooledRequest[] = [];
  const next = new RequestSpool(folder, recording(recorded));
  await next.drain();
  await next.drain();

  expect(recorded).toEqual(['1', '2', '3', '4'].map((id) => request(id)));
  expect(await readdir(folder)).toEqual([]);
});

describe('the room of the spool', () => {
  test('is bounded, also for what an earlier process kept, and free again once that is recorded', async () => {
    const earlier = new RequestSpool(folder, away);
    await earlier.keep(request('1'));
    const spool = new RequestSpool(folder, () => Promise.resolve(), { mostBytes: 2 * BYTES });
    await expect(spool.keep(request('2'))).rejects.toThrow(StoreUnavailable);
    await spool.drain();
    await expect(spool.keep(request('2'))).resolves.toBeUndefined();
  });

  test('is left to other workspaces by one that floods it', async () => {
    const spool = new RequestSpool(folder, away, { mostBytes: 100 * BYTES });
    const kept = async (workspace: string): Promise<number> => {
      const tried = await Promise.allSettled(
        Array.from({ length: 200 }, (_, nth) => spool.keep(request(String(nth % 10), workspace))),
      );
      return tried.filter(({ status }) => status === 'fulfilled').length;
    };
    expect([await kept('main'), await kept('mail'), await kept('mall')]).toEqual([50, 25, 13]);
  });

  test('is never exceeded, whoever sends how much', async () => {
    const sent = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 1, max: 400 })));
    await fc.assert(
      fc.asyncProperty(sent, async (requests) => {
        const own = await mkdtemp(join(folder, 'run-'));
        const spool = new RequestSpool(own, away, { mostBytes: 2_000 });
        await Promise.allSettled(
          requests.map(([workspace, length]) => spool.keep(request('x'.repeat(length), workspace))),
        );
        const files = await Promise.all((await readdir(own)).map((name) => readFile(join(own, name))));
        const bytes = files.reduce((sum, { length }) => sum + length, 0);
        expect(bytes).toBeLessThanOrEqual(2_000);
        expect(spool.state.bytes).toBe(bytes);
      }),
      { numRuns: 30 },
    );
  });

  test('is not used up by requests that could not be written', async () => {
    const blocked = join(folder, 'spool');
    const spool = new RequestSpool(blocked, () => Promise.resolve(), { mostBytes: 2 * BYTES });
    await spool.drain();
    await writeFile(blocked, 'a file where the folder should be');
    for (let time = 0; time < 3; time += 1)
      await expect(spool.keep(request('1'))).rejects.toThrow('cannot be kept');
    await spool.drain();
    await rm(blocked);
    await expect(spool.keep(request('1'))).resolves.toBeUndefined();
  });
});

describe('a workspace', () => {
  test('over its limit does not hold up the requests of others', async () => {
    const recorded: SpooledRequest[] = [];
    const spool = new RequestSpool(folder, (each) =>
      each.workspace === 'main'
        ? Promise.reject(new QuotaExceeded('events', 1_000))
        : recording(recorded)(each),
    );
    for (const id of ['1', '2']) await spool.keep(request(id));
    for (const id of ['3', '4']) await spool.keep(request(id, 'other'));
    await spool.drain();
    expect(recorded.map(idOf)).toEqual(['3', '4']);
    expect(spool.state).toMatchObject({ requests: 2, failed: 0 });
  });

  test('with many requests is recorded in turn with one that has few', async () => {
    const first = new RequestSpool(folder, away);
    for (const id of ['1', '2', '3', '4']) await first.keep(request(id));
    await first.keep(request('5', 'other'));
    const recorded: SpooledRequest[] = [];
    await new RequestSpool(folder, recording(recorded)).drain();
    expect(recorded.map(idOf)).toEqual(['1', '5', '2', '3', '4']);
  });
});

test('a request that cannot be recorded is left aside, and those kept together with it are recorded', async () => {
  const recorded: SpooledRequest[] = [];
  const outcomes: unknown[] = [];
  const spool = new RequestSpool(
    folder,
    (each) => (idOf(each) === '2' ? Promise.reject(new Error('unknown format')) : recording(recorded)(each)),
    { onOutcome: (...outcome) => outcomes.push(outcome) },
  );
  // Those that come while the first is written share a file.
  await Promise.all(['0', '1', '2', '3'].map((id) => spool.keep(request(id))));
  await spool.drain();
  expect(recorded.map(idOf)).toEqual(['0', '1', '3']);
  const [failed = '', ...others] = await readdir(folder);
  expect([failed.endsWith('.1.main.failed'), others]).toEqual([true, []]);
  expect(spool.state).toMatchObject({ requests: 0, failed: 1, oldestAt: undefined });
  expect(outcomes).toEqual([
    ['kept', 1],
    ['kept', 3],
    ['recorded', 1],
    ['failed', 1],
    ['recorded', 2],
  ]);

  // Once the cause is fixed, the operator renames the file.
  await rename(join(folder, failed), join(folder, failed.replace('.failed', '.ndjson')));
  await new RequestSpool(folder, recording(recorded)).drain();
  expect(recorded.map(idOf)).toEqual(['0', '1', '3', '2']);
});

test('a file that cannot be read holds up no other workspace', async () => {
  const recorded: SpooledRequest[] = [];
  const spool = new RequestSpool(folder, away);
  await spool.keep(request('1', 'broken'));
  await spool.keep(request('2', 'other'));
  await spool.keep(request('3', 'other'));
  await spool.stop();
  const [first = ''] = (await readdir(folder)).toSorted();
  await rm(join(folder, first));
  await mkdir(join(folder, first));

  await new RequestSpool(folder, recording(recorded)).drain();

  expect(recorded.map(idOf)).toEqual(['2', '3']);
});

test('a file that is cut off in the middle of a request loses no other request', async () => {
  const first = new RequestSpool(folder, away);
  await Promise.all(['0', '1', '2'].map((id) => first.keep(request(id))));
  const name = (await readdir(folder)).sort().at(-1) ?? '';
  const text = await readFile(join(folder, name), 'utf8');
  await writeFile(join(folder, name), text.slice(0, -40));
  const recorded: SpooledRequest[] = [];
  await new RequestSpool(folder, recording(recorded)).drain();
  expect(recorded.map(idOf)).toEqual(['0', '1']);
  expect(await readdir(folder)).toEqual([expect.stringMatching(/\.1\.main\.failed$/)]);
});

test('what a killed process had not written to its end is removed, but not what another is writing now', async () => {
  const [abandoned, current] = ['old.ndjson.partial', 'new.ndjson.partial'];
  for (const name of [abandoned, current]) await writeFile(join(folder, name), '{"workspace":');
  await utimes(join(folder, abandoned), new Date(0), new Date(0));
  await new RequestSpool(folder, away).drain();
  expect(await readdir(folder)).toEqual([current]);
});

test('the metrics show what waits, how old it is, and what became of it', async () => {
  const metrics = new Metrics();
  let isAway = true;
  const spool: RequestSpool = new RequestSpool(
    folder,
    () => (isAway ? away(request('1')) : Promise.resolve()),
    {
      mostBytes: 2 * BYTES,
      onOutcome: (outcome, requests) => figures.count(outcome, requests),
    },
  );
  const figures = new SpoolFigures(metrics, () => spool.state);
  const shown = async () =>
    (await metrics.registry.metrics()).split('\n').filter((line) => line.startsWith('touchline_spool_'));
  expect(await shown()).toEqual([
    ...['touchline_spool_requests 0', 'touchline_spool_failed 0', 'touchline_spool_bytes 0'],
    'touchline_spool_oldest_seconds 0',
  ]);
  await spool.keep(request('1'));
  await spool.keep(request('2')).catch(() => undefined);
  const [requests, failed, bytes, oldest, ...counted] = await shown();
  expect([requests, failed, bytes]).toEqual([
    ...['touchline_spool_requests 1', 'touchline_spool_failed 0', `touchline_spool_bytes ${BYTES}`],
  ]);
  expect(Number(oldest?.split(' ')[1])).toBeLessThan(60);
  expect(counted).toEqual([
    'touchline_spool_requests_total{outcome="kept"} 1',
    'touchline_spool_requests_total{outcome="refused"} 1',
  ]);
  isAway = false;
  await spool.drain();
  expect(await shown()).toEqual(
    expect.arrayContaining([
      'touchline_spool_requests 0',
      'touchline_spool_requests_total{outcome="recorded"} 1',
    ]),
  );
});
