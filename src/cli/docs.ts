import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPool } from '../database/database.js';
import { startEmbedded } from '../database/embedded.js';
import { migrate } from '../database/migrate.js';
import { readModelsPage } from '../database/read-models.js';

const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'read-models.md');

/**
 * `npm run docs`: writes docs/read-models.md from the comments of a freshly migrated database.
 *
 * @param check `--check`: writes nothing, and says whether the page is up to date.
 * @returns the exit code
 */
export async function docs(check: boolean): Promise<number> {
  const page = await fromFreshDatabase();
  const kept = await readFile(PAGE, 'utf8').catch(() => '');
  if (kept === page) return 0;
  if (check) {
    console.error(`touchline: ${PAGE} is outdated; run \`npm run docs\` and commit it`);
    return 1;
  }
  await writeFile(PAGE, page);
  console.log(`wrote ${PAGE}`);
  return 0;
}

async function fromFreshDatabase(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'touchline-docs-'));
  const server = await startEmbedded({
    dataDir,
    settings: { fsync: 'off' },
    initdbFlags: ['--no-sync'],
  });
  try {
    await migrate(server.url);
    const pool = createPool(server.url, { max: 1 });
    return await readModelsPage(pool).finally(() => pool.end());
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}
