import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { createPool } from '../database/database.js';
import { startEmbedded } from '../database/embedded.js';
import { migrate } from '../database/migrate.js';
import { type BiView, pageOf, readViews } from '../database/read-models.js';
import { dbtFiles } from './dbt-package.js';

const ROOT = join(import.meta.dirname, '..', '..');
/** What nothing else than generated files is in. */
const STAGING = join('dbt', 'models', 'staging');

/**
 * `npm run docs`: writes docs/read-models.md and the generated part of the dbt package from the views and comments of a freshly migrated
 * database.
 *
 * @param check `--check`: writes nothing, and says whether the files are up to date.
 * @returns the exit code
 */
export async function docs(check: boolean): Promise<number> {
  const files = filesOf(await fromFreshDatabase());
  const outdated: string[] = [];
  for (const [path, text] of files)
    if ((await readFile(join(ROOT, path), 'utf8').catch(() => '')) !== text) outdated.push(path);
  const left = (await readdir(join(ROOT, STAGING)).catch(() => []))
    .map((name) => join(STAGING, name))
    .filter((path) => !files.has(path));
  if (outdated.length + left.length === 0) return 0;
  if (check) {
    const paths = [...outdated, ...left].join(', ');
    console.error(`touchline: outdated: ${paths}; run \`npm run docs\` and commit the result`);
    return 1;
  }
  for (const path of outdated) await write(path, files.get(path) ?? '');
  for (const path of left) await rm(join(ROOT, path));
  console.log(`wrote ${outdated.length} files and removed ${left.length}`);
  return 0;
}

const filesOf = (views: readonly BiView[]): ReadonlyMap<string, string> =>
  new Map([
    [join('docs', 'read-models.md'), pageOf(views)],
    ...[...dbtFiles(views)].map(([path, text]): [string, string] => [join('dbt', path), text]),
  ]);

async function write(path: string, text: string): Promise<void> {
  const target = join(ROOT, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, text);
  console.log(`wrote ${relative(process.cwd(), target)}`);
}

async function fromFreshDatabase(): Promise<BiView[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'touchline-docs-'));
  const server = await startEmbedded({
    dataDir,
    settings: { fsync: 'off' },
    initdbFlags: ['--no-sync'],
  });
  try {
    await migrate(server.url);
    const pool = createPool(server.url, { max: 1 });
    return await readViews(pool).finally(() => pool.end());
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}
