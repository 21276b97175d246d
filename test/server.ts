import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbedded, type Embedded } from '../src/database/embedded.js';
import { migrate } from '../src/database/migrate.js';
import { copyCluster } from './copy-cluster.js';

const PREFIX = 'touchline-test-';

export interface TestServer {
  stop(): Promise<void>;
}

/**
 * Starts a server of its own for this run (or takes TEST_DATABASE_URL), migrates a template and hands both to the
 * workers by environment.
 */
export async function startTestServer(): Promise<TestServer> {
  await sweep();
  const given = process.env.TEST_DATABASE_URL;
  const dataDir = given ? undefined : await mkdtemp(join(tmpdir(), PREFIX));
  if (dataDir) process.env.TOUCHLINE_TEST_DATA_FOLDER = await migratedFolder(dataDir);
  const server = dataDir ? await embedded(dataDir) : undefined;
  const url = given ?? server?.url ?? '';
  const template = `touchline_template_${randomBytes(5).toString('hex')}`;
  if (given) await admin(url, `CREATE DATABASE ${template}`);
  else await admin(inDatabase(url, 'postgres'), `CREATE DATABASE ${template} TEMPLATE touchline`);
  await migrate(inDatabase(url, template));
  process.env.TOUCHLINE_TEST_SERVER = url;
  process.env.TOUCHLINE_TEST_TEMPLATE = template;
  return {
    async stop() {
      if (given) await admin(url, `DROP DATABASE IF EXISTS ${template} WITH (FORCE)`);
      await server?.stop();
      if (dataDir) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Makes a migrated cluster in the folder. @returns a copy of it, from which servers under test start (test/e2e/server-process.ts) */
async function migratedFolder(dataDir: string): Promise<string> {
  const server = await embedded(dataDir);
  await migrate(server.url);
  await server.stop();
  const copy = join(dataDir, 'migrated');
  await mkdir(copy);
  await copyCluster(dataDir, copy);
  return copy;
}

/** Durability off: a test server that dies takes its run with it. */
function embedded(dataDir: string): Promise<Embedded> {
  const settings = {
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: '300',
  };
  return startEmbedded({
    dataDir,
    initdbFlags: ['--no-sync'],
    settings: { ...settings, shared_buffers: '128MB' },
  });
}

/** Folders that killed runs left, with the servers still in them. A living run holds the lock of its folder. */
async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const dataDir = join(tmpdir(), name);
    if (!name.startsWith(PREFIX) || !(await untouched(dataDir))) continue;
    await embedded(dataDir)
      .then((server) => server.stop())
      .then(() => rm(dataDir, { recursive: true, force: true }))
      .catch(() => undefined);
  }
}

/** Nobody touched its lock for a minute, which an owner does every second; or it has none and is an hour old. */
async function untouched(dataDir: string): Promise<boolean> {
  const age = async (path: string) =>
    Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? NaN);
  const sinceTouched = await age(join(dataDir, 'touchline.lock'));
  return Number.isNaN(sinceTouched) ? (await age(dataDir)) > 3_600_000 : sinceTouched > 60_000;
}

const inDatabase = (url: string, name: string): string =>
  Object.assign(new URL(url), { pathname: `/${name}` }).href;

async function admin(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}
