import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../until.js';
import { runBuilt } from './command.js';
import { API_KEY, freePort, poolOf, ServerProcess } from './server-process.js';

const CLI = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');
const PEOPLE = 20_000;

let folder: string;
let dataDir: string;
let list: string;
let server: ServerProcess;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'touchline-lists-'));
  dataDir = join(folder, 'data');
  list = join(folder, 'list.csv');
  // Everybody stands in it twice; every tenth opted out, every hundredth row names nobody.
  const row = (nr: number): string => {
    const person = nr % PEOPLE;
    return `${nr % 100 === 7 ? `nobody-${nr}` : `person-${person}@corp-${person % 50}.example`},${person % 10 === 0 ? 'yes' : ''}`;
  };
  const rows = Array.from({ length: 2 * PEOPLE }, (_, nr) => row(nr)).join('\n');
  await writeFile(list, `Mail,Opt Out\n${rows}\n`);
  await writeFile(
    join(folder, 'list.yaml'),
    'type: contacts\ncolumns: { Mail: email, Opt Out: optedOut }\nconstants: { list: Old, occurredAt: 2025-01-01T00:00:00Z }\n',
  );
  server = await ServerProcess.start({ dataDir, port: await freePort() });
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const args = (...more: string[]): string[] => [
  'import',
  '--mapping',
  join(folder, 'list.yaml'),
  ...more,
  list,
];
const run = (...more: string[]) => runBuilt('cli/main.js', args(...more), { TOUCHLINE_DATA_DIR: dataDir });
const peopleIn = (out: string): string[] =>
  out
    .split('\n')
    .filter(
      (line) => line.startsWith('People') || line.startsWith('  duplicate') || line.startsWith('  opted'),
    );

async function query<T extends object>(sql: string): Promise<T[]> {
  const pool = await poolOf(dataDir);
  try {
    return (await pool.query<T>(sql)).rows;
  } finally {
    await pool.end();
  }
}
const CLAIMS = `SELECT count(*)::int AS count FROM touchline.event WHERE type = 'IdentityClaimed'`;
const claims = async (): Promise<number> => (await query<{ count: number }>(CLAIMS))[0]?.count ?? 0;

test('a list is checked by a dry run, imported over kills, and says the same as before', async () => {
  const dry = await run('--dry-run', '--report', join(folder, 'dry.csv'));
  expect(dry.code).toBe(1);
  expect(await claims()).toBe(0);
  const named = PEOPLE - PEOPLE / 100;
  expect(peopleIn(dry.out)).toEqual([
    expect.stringMatching(
      `^People in 40,000 rows: ${named.toLocaleString('en')} new, 0 known as of position `,
    ),
    expect.stringMatching(`^  duplicate-address +${named.toLocaleString('en')}  list.csv:`),
    expect.stringMatching(`^  opted-out-in-list +4,000  list.csv:`),
  ]);

  for (let kills = 0, before = 0; kills < 3; kills += 1) {
    const child = spawn(process.execPath, [CLI, ...args()], {
      env: { PATH: process.env['PATH'] ?? '', TOUCHLINE_DATA_DIR: dataDir },
      stdio: 'ignore',
    });
    const closed = once(child, 'close');
    const hasGrown = async (): Promise<boolean> => child.exitCode !== null || (await claims()) > before;
    expect(await until(hasGrown, 60_000, 20)).toBe(true);
    child.kill('SIGKILL');
    await closed;
    before = await claims();
  }

  const done = await run('--report', join(folder, 'done.csv'));
  expect(done.code).toBe(0);
  expect(peopleIn(done.out)).toEqual(peopleIn(dry.out));
  expect(await readFile(join(folder, 'done.csv'), 'utf8')).toBe(
    await readFile(join(folder, 'dry.csv'), 'utf8'),
  );
  expect(await claims()).toBe(named);
  expect(await query(`SELECT count(*)::int AS count FROM touchline.rejected`)).toEqual([{ count: 400 }]);

  const explain = async (): Promise<object> => {
    const response = await fetch(`${server.url}/api/leads/email:person-10@corp-10.example/explain`, {
      headers: { authorization: `Bearer ${API_KEY}` },
    });
    return (await response.json()) as object;
  };
  // The read models follow in their own time.
  await until(async () => 'lifecycle' in (await explain()), 120_000);
  expect(await explain()).toMatchObject({ lifecycle: 'opted_out', traits: { list: 'Old' } });
}, 360_000);
