import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LOCK = new URL('../../bin/lock.mjs', import.meta.url).href;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'touchline-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A process that works for a while under the lock, and notes when it begins and ends. */
async function work(how = ''): Promise<number | null> {
  const script = `
    import { appendFileSync } from 'node:fs';
    import { withLock } from ${JSON.stringify(LOCK)};
    const note = (what) => appendFileSync(${JSON.stringify(join(folder, 'notes'))}, what + ' ');
    withLock(${JSON.stringify(join(folder, 'lock'))}, () => {
      note('begin');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150);
      note('end');
      ${how}
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}
const notes = async (): Promise<string> => (await readFile(join(folder, 'notes'), 'utf8')).trim();

test('processes that install or build at once do so one after the other', async () => {
  expect(await Promise.all([work(), work(), work()])).toEqual([0, 0, 0]);
  expect(await notes()).toBe('begin end begin end begin end');
});

test('a process that ends while it has the lock gives it back', async () => {
  expect(await work('process.exit(3);')).toBe(3);
  expect(await work()).toBe(0);
  expect(await notes()).toBe('begin end begin end');
});

test('the lock of a process that was killed is taken over', async () => {
  await mkdir(join(folder, 'lock'));
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  await writeFile(join(folder, 'lock', 'pid'), String(child.pid));
  expect(await work()).toBe(0);
});

test('without a place to lock in, work is done all the same', async () => {
  await rm(folder, { recursive: true, force: true });
  await writeFile(folder, '');
  const { withLock } = (await import(LOCK)) as { withLock: <T>(folder: string, work: () => T) => T };
  expect(withLock(join(folder, 'lock'), () => 'done')).toBe('done');
});
