import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverFlags } from '../../bin/flags.mjs';

interface Support {
  readonly enabled: boolean;
  readonly nodeModules: boolean;
}

/** Prints what Node does with source maps in the main thread and in a worker. */
const REPORT = `
  import { getSourceMapsSupport } from 'node:module';
  import { isMainThread, Worker } from 'node:worker_threads';
  if (isMainThread) new Worker(new URL(import.meta.url));
  console.log(JSON.stringify(getSourceMapsSupport()));`;

function sourceMaps(): readonly Support[] {
  const folder = mkdtempSync(join(tmpdir(), 'touchline-flags-'));
  try {
    const file = join(folder, 'report.mjs');
    writeFileSync(file, REPORT);
    const output = execFileSync(process.execPath, [...serverFlags(''), file], { encoding: 'utf8' });
    return output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Support);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('flags of a server', () => {
  test('map stack traces to own sources in every thread, and keep no maps of packages in memory', () => {
    const own: Support = { enabled: true, nodeModules: false };
    expect(sourceMaps()).toMatchObject([own, own]);
  });

  test.each([
    ['', ['--max-old-space-size=512', '--max-semi-space-size=16']],
    ['--max-old-space-size=2048', ['--max-semi-space-size=16']],
    ['--max_old_space_size=2048 --max_semi_space_size=64', []],
  ])('leave out a size that NODE_OPTIONS gives (%s)', (options, sizes) => {
    expect(serverFlags(options).filter((flag) => flag.startsWith('--max-'))).toEqual(sizes);
  });
});
