import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { until } from '../until.js';
import { runBuilt } from './command.js';
import { API_KEY, freePort, poolOf, ServerProcess } from './server-process.js';

const CLI = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');
const ROWS = 24_000;
/** As a shell reports Ctrl-C. */
const INTERRUPTED = 130;

let folder: string;
let archive: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'touchline-import-'));
  archive = join(folder, 'archive.ndjson.gz');
  // Some rows have neither id nor time; one is broken.
  const row = (nr: number): string =>
    nr === ROWS / 2
      ? '{"kind":"page_view",'
      : JSON.stringify({
          ...{ kind: 'page_view', email: `buyer-${nr % 500}@acme.example`, properties: { nr } },
          ...(nr % 50 !== 0 && {
            messageId: `m-${nr}`,
            occurredAt: new Date(Date.UTC(2026, 0) + nr).toISOString(),
          }),
        });
  await writeFile(
    archive,
    gzipSync(Array.from({ length: ROWS }, (_, nr) => `${row(nr)}\n`).join(''), { level: 1 }),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Import {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly error: string }>;
}

function startImport(dataDir: string, args: readonly string[], stdin?: string): Import {
  const child = spawn(process.execPath, [CLI, 'import', ...args], {
    env: { PATH: process.env.PATH ?? '', TOUCHLINE_DATA_DIR: dataDir },
  });
  if (stdin === undefined) child.stdin.end();
  else createReadStream(stdin).pipe(child.stdin);
  let [out, error] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, out, error }));
  return { child, ended };
}

/** Each row is in the log exactly once, and positions are dense. */
async function expectImported(dataDir: string, rows: number): Promise<void> {
  const pool = await poolOf(dataDir);
  const { rows: found } = await pool.query<Record<string, number>>(
    `SELECT count(*)::int AS events, count(DISTINCT data->'properties'->>'nr')::int AS rows,
       (SELECT count(*)::int FROM touchline.rejected) AS rejected
     FROM touchline.event WHERE type = 'TouchpointRecorded'`,
  );
  const dense = await pool.query(
    'SELECT FROM touchline.log WHERE head = (SELECT count(*) FROM touchline.event)',
  );
  await pool.end();
  expect(found).toEqual([{ events: rows - 1, rows: rows - 1, rejected: 1 }]);
  expect(dense.rowCount).toBe(1);
}

/** Of the log; 0 while there is none to ask. */
async function headOf(dataDir: string): Promise<number> {
  const pool = await poolOf(dataDir).catch(() => undefined);
  if (!pool) return 0;
  try {
    return (await pool.query<{ head: number }>('SELECT head::int FROM touchline.log')).rows[0]?.head ?? 0;
  } catch {
    return 0;
  } finally {
    await pool.end();
  }
}

test('an import without a server, killed again and again, records each row exactly once', async () => {
  const dataDir = join(folder, 'alone');
  let head = 0;
  for (let kills = 0; kills < 6; kills += 1) {
    const { child, ended } = startImport(dataDir, [archive]);
    const hasGrown = async (): Promise<boolean> => child.exitCode !== null || (await headOf(dataDir)) > head;
    expect(await until(hasGrown, 60_000, 20)).toBe(true);
    await sleep(Math.random() * 400);
    child.kill('SIGKILL');
    await ended;
    head = await headOf(dataDir);
  }

  const { code, out } = await startImport(dataDir, [archive]).ended;

  expect(code).toBe(0);
  expect(out).toMatch(/24,000 rows, .* 1 rejected \(unreadable-row 1\)/);
  const server = await ServerProcess.start({ dataDir, port: await freePort() });
  try {
    await expectImported(dataDir, ROWS);
  } finally {
    await server.stop();
  }
}, 180_000);

test('an import beside a running server is stopped by Ctrl-C, goes on where it was, and its leads can be queried', async () => {
  const dataDir = join(folder, 'beside');
  const server = await ServerProcess.start({ dataDir, port: await freePort() });
  try {
    const pool = await poolOf(dataDir);
    const begun = async (): Promise<boolean> =>
      (await pool.query(`SELECT FROM touchline.event WHERE type = 'TouchpointRecorded' LIMIT 1`)).rowCount ===
      1;
    const { child, ended } = startImport(dataDir, [archive]);
    expect(await until(begun, 60_000, 5)).toBe(true);
    child.kill('SIGINT');
    const stopped = await ended;
    await pool.end();
    expect(stopped.code).toBe(INTERRUPTED);
    expect(stopped.out).toMatch(
      /stopped before line [\d,]+\n(?:.*\n)*Stopped\. Run the same command again to go on\n$/,
    );

    const resumed = await startImport(dataDir, [archive]).ended;
    // On a slow machine it takes long enough to report its progress.
    const problems = resumed.error.replaceAll(/^archive\.ndjson\.gz: [\d,]+ rows.*\n/gm, '');
    expect([resumed.code, problems]).toEqual([0, '']);
    expect(resumed.out).toMatch(
      /24,000 rows, 23,999 accepted, 0 duplicate, 1 rejected .*, from line \d+ on in this run\n/,
    );
    await expectImported(dataDir, ROWS);

    const again = await startImport(dataDir, [archive]).ended;
    expect(again.out).toContain('was imported before');
    const lead = (): Promise<boolean> =>
      fetch(`${server.url}/api/leads/email:buyer-1@acme.example`, {
        headers: { authorization: `Bearer ${API_KEY}` },
      }).then(({ status }) => status === 200);
    expect(await until(lead, 60_000)).toBe(true);
  } finally {
    await server.stop();
  }
}, 180_000);

test('an import for a collector that does not exist is refused with the names of those that do', async () => {
  const dataDir = join(folder, 'collectors');
  const refused = await startImport(dataDir, [archive, '--collector', 'wbe']).ended;
  expect([refused.code, refused.out]).toEqual([1, '']);
  expect(refused.error).toContain(
    'The collector "wbe" does not exist in workspace "main", which has web; without --collector events name "import"',
  );
  expect(
    (await runBuilt('cli/main.js', ['collector', 'add', 'archive'], { TOUCHLINE_DATA_DIR: dataDir })).code,
  ).toBe(0);
  const small = join(folder, 'small.ndjson');
  await writeFile(
    small,
    '{"kind":"page_view","email":"ada@acme.example","occurredAt":"2026-03-01T09:30:00Z"}\n',
  );
  expect((await startImport(dataDir, [small, '--collector', 'archive']).ended).code).toBe(0);
}, 60_000);

test('standard input is imported, and the same again gives duplicates for rows with an id or a time', async () => {
  const dataDir = join(folder, 'stdin');
  const rows = join(folder, 'few.ndjson');
  const row = (nr: number) => `{"messageId":"s-${nr}","kind":"page_view","userId":"u-1"}\n`;
  await writeFile(rows, Array.from({ length: 10 }, (_, nr) => row(nr)).join(''));

  const first = await startImport(dataDir, ['-'], rows).ended;
  const second = await startImport(dataDir, ['-'], rows).ended;

  expect(first.out).toContain('10 rows, 10 accepted, 0 duplicate, 0 rejected');
  expect(second.out).toContain('10 rows, 0 accepted, 10 duplicate, 0 rejected');
}, 60_000);

test.each([
  ['a file that is not there', ['/nowhere/x.ndjson'], 'There is no file or folder "/nowhere/x.ndjson"'],
  ['an unknown format', ['--format', 'xml', '.'], '"xml" is not a format'],
  ['an unknown encoding', ['--encoding', 'klingon', '.'], '"klingon" is not an encoding'],
])('an import refuses %s in one line', async (_, args, message) => {
  const { code, error } = await runBuilt('cli/main.js', ['import', ...args], {
    TOUCHLINE_DATA_DIR: join(folder, 'refused'),
  });
  expect(code).toBe(1);
  expect(error).toMatch(/^touchline: .*\n$/);
  expect(error).toContain(message);
});

test('a dry run needs no database and fails when a row would be rejected', async () => {
  const env = { TOUCHLINE_DATA_DIR: join(folder, 'nothing') };
  const { code, out } = await runBuilt('cli/main.js', ['import', '--dry-run', archive], env);
  expect(code).toBe(1);
  expect(out).toMatch(
    /24,000 rows, 23,999 valid, 1 rejected \(unreadable-row 1\)\n.*:12001: unreadable-row: is not JSON\n/,
  );
  expect(out).toMatch(/Nothing was imported: this was a dry run\n$/);
});
