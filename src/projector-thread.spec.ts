import { afterEach, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SubscriptionRunner } from './subscriptions/runner.js';
import type { SubscriptionObserver } from './subscriptions/subscriber.js';
import { Signal } from './subscriptions/signal.js';
import { ProjectorThread } from './projector-thread.js';
import { until } from '../test/until.js';

const PATIENCE_MS = 20_000;

const BEGIN = `
  import { existsSync, appendFileSync, writeFileSync } from 'node:fs';
  import { parentPort, workerData } from 'node:worker_threads';
  const folder = workerData.databaseUrl;
  const note = (what) => appendFileSync(folder + '/notes', what + ' ');
  const first = !existsSync(folder + '/begun');
  writeFileSync(folder + '/begun', '');
`;
const OBEY = `
  parentPort.on('message', (message) => {
    if (typeof message === 'string') note(message);
    else if (message.servingLoad > 0.1) note('busy');
    if (message === 'stop') parentPort.close();
  });
`;

let thread: ProjectorThread | undefined;
let folder = '';
let moved = new Signal();

afterEach(async () => {
  await thread?.stop();
  moved.close();
  moved = new Signal();
  await rm(folder, { recursive: true, force: true });
});

/** A thread that runs `script` instead of the projections, and what was heard of it. */
async function given(script: string) {
  folder = await mkdtemp(join(tmpdir(), 'touchline-thread-'));
  const file = join(folder, 'script.mjs');
  await writeFile(file, BEGIN + script);
  const lines: string[] = [];
  const applied: unknown[][] = [];
  let rings = 0;
  void moved.wait(PATIENCE_MS).then(() => (rings += 1));
  const log = (line: string) => void lines.push(line);
  thread = new ProjectorThread(
    {
      databaseUrl: folder,
      eventStore: { kind: 'postgres' },
      growth: new SharedArrayBuffer(8),
      yields: 'to-nobody',
    },
    { log, warn: log, error: log },
    { moved } as SubscriptionRunner,
    { applied: (...args: unknown[]) => void applied.push(args) } as unknown as SubscriptionObserver,
    pathToFileURL(file),
  );
  thread.start();
  const notes = async (): Promise<string> => readFile(join(folder, 'notes'), 'utf8').catch(() => '');
  return { thread, lines, applied, notes, rings: () => rings };
}

test('a projection thread that exits is logged and restarted', async () => {
  const { lines, notes } = await given(`
    if (first) throw new Error('the first one dies');
    note('alive');
    ${OBEY}`);
  await until(async () => (await notes()).includes('alive'), PATIENCE_MS);
  expect(lines).toEqual([expect.stringMatching(/exited and is restarted: .*the first one dies/)]);
});

test('a moved checkpoint in the projection thread wakes readers and updates metrics', async () => {
  const { applied, rings } = await given(`
    parentPort.postMessage({ observe: 'applied', args: ['journey', 3, 7n, 12] });
    ${OBEY}`);
  await until(() => Promise.resolve(applied.length > 0 && rings() > 0), PATIENCE_MS);
  expect(applied).toEqual([['journey', 3, 7n, 12]]);
});

test('the projection thread can be woken, and stops after its current batch', async () => {
  const { thread: running, notes } = await given(`note('alive'); ${OBEY}`);
  await until(async () => (await notes()).includes('alive'), PATIENCE_MS);
  running.wake();
  await running.stop();
  expect((await notes()).replaceAll('busy ', '')).toBe('alive wake stop ');
});

test('it is sent how busy the serving thread is', async () => {
  const { notes } = await given(`note('alive'); ${OBEY}`);
  await until(async () => (await notes()).includes('alive'), PATIENCE_MS);
  const isBusy = async (): Promise<boolean> => {
    for (const began = performance.now(); performance.now() - began < 200;);
    return (await notes()).includes('busy');
  };
  expect(await until(isBusy, PATIENCE_MS)).toBe(true);
});
