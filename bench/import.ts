import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip, createZstdCompress } from 'node:zlib';
import { serverFlags } from '../bin/flags.mjs';
import type { Report } from './figure.js';
import { nativeEvent, segmentItem } from './messages.js';
import { inFolder } from './server.js';

const CLI = join(import.meta.dirname, '..', 'dist', 'cli', 'main.js');
const ROWS = 600_000;

const ROWS_OF = {
  'native.ndjson': () => nativeEvent(),
  'segment.json.gz': () => segmentItem(new Date().toISOString()),
  'segment.json.zst': () => segmentItem(new Date().toISOString()),
} as const;

/** `touchline import` of whole files, each into a database of its own, from the start of the command to its end. */
export async function importing(report: Report, rawLimit: number): Promise<void> {
  for (const [name, row] of Object.entries(ROWS_OF)) {
    const { rate, early, peak } = await inFolder((folder) => measured(folder, name, row));
    report({
      name: `import of ${ROWS / 1_000},000 rows, ${name}`,
      ...{ value: rate, unit: 'rows/s', ofLimit: rate / rawLimit, atLeast: 0.5 },
    });
    report({ name: '  resident memory, peak', value: peak / 2 ** 20, unit: 'MB', atMost: 400 });
    report({
      name: '  to its peak in the first half of the time',
      value: peak / early,
      unit: '×',
      atMost: 1.2,
    });
  }
}

async function measured(folder: string, name: string, row: () => string) {
  const dataDir = join(folder, 'data');
  const warmUp = await writeRows(join(folder, 'first.ndjson'), 1_000, () => nativeEvent());
  const file = await writeRows(join(folder, name), ROWS, row);
  await runImport(dataDir, warmUp);
  const began = performance.now();
  const memory = await runImport(dataDir, file);
  const seconds = (performance.now() - began) / 1_000;
  const half = memory.slice(0, Math.ceil(memory.length / 2));
  return { rate: ROWS / seconds, early: Math.max(...half), peak: Math.max(...memory) };
}

async function writeRows(path: string, count: number, row: () => string): Promise<string> {
  function* rows() {
    for (let nr = 0; nr < count; nr += 100)
      yield Buffer.from(Array.from({ length: 100 }, () => `${row()}\n`).join(''));
  }
  if (path.endsWith('.gz')) await pipeline(rows, createGzip({ level: 1 }), createWriteStream(path));
  else if (path.endsWith('.zst')) await pipeline(rows, createZstdCompress(), createWriteStream(path));
  else await pipeline(rows, createWriteStream(path));
  return path;
}

/** @returns the resident memory in bytes, read every 100 ms */
async function runImport(dataDir: string, file: string): Promise<readonly number[]> {
  const child = spawn(process.execPath, [...serverFlags(), CLI, 'import', file], {
    env: { PATH: process.env.PATH ?? '', TOUCHLINE_DATA_DIR: dataDir },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const memory: number[] = [];
  const timer = setInterval(() => {
    void readFile(`/proc/${child.pid}/status`, 'utf8').then(
      (status) => memory.push(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024),
      () => undefined,
    );
  }, 100);
  const [code] = (await once(child, 'close').finally(() => clearInterval(timer))) as [number | null];
  if (code !== 0) throw new Error(`the import ended with ${code}:\n${said}`);
  return memory;
}
