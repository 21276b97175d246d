import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, realpath, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { EmbeddedDatabaseError } from './embedded-error.js';
import { canTraverse, type OsUser } from './postgres-binaries.js';

const MAJOR = '18';
const LOG_LIMIT = 20_000_000;

/**
 * `postgres` in the data folder. When root's user `postgres` may not enter it (a checkout in /root), a folder under
 * `systemFolder`, and `postgres` is a link to it.
 */
export async function clusterFolder(
  dataDir: string,
  user: OsUser,
  systemFolder: string,
  log?: (line: string) => void,
): Promise<string> {
  const inside = join(dataDir, 'postgres');
  if (await exists(inside)) return realpath(inside);
  if (!(await canTraverse(dataDir, user))) await chmod(dataDir, ((await stat(dataDir)).mode & 0o777) | 0o011);
  if (await canTraverse(dataDir, user)) return inside;
  const digest = createHash('sha256').update(dataDir).digest('hex').slice(0, 12);
  const outside = join(systemFolder, `${basename(dataDir).replace(/^\.+/, '')}-${digest}`);
  await mkdir(systemFolder, { recursive: true, mode: 0o755 });
  await rm(inside, { force: true }); // a link that leads nowhere
  await symlink(outside, inside);
  log?.(`the user postgres cannot access ${dataDir}, so PostgreSQL stores its files in ${outside}`);
  return outside;
}

/** Of the superuser, made with the cluster. */
export async function readPassword(dataDir: string, folder: string): Promise<string> {
  const file = join(dataDir, 'postgres.password');
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known?.trim()) return known.trim();
  if (await exists(folder))
    throw new EmbeddedDatabaseError(
      'failed',
      `${file} is missing: restore this file, it contains the password of the cluster in ${folder}`,
    );
  const made = randomBytes(18).toString('base64url');
  await writeFile(file, `${made}\n`, { mode: 0o600 });
  return made;
}

export async function checkVersion(folder: string): Promise<void> {
  const version = (await readFile(join(folder, 'PG_VERSION'), 'utf8')).trim();
  if (version !== MAJOR)
    throw new EmbeddedDatabaseError(
      'wrong-version',
      `${folder} was created by PostgreSQL ${version}, but this is PostgreSQL ${MAJOR}`,
    );
}

/** PostgreSQL's log must not fill the disk over the years. */
export async function trimLog(file: string): Promise<void> {
  const size = (await stat(file).catch(() => undefined))?.size ?? 0;
  if (size > LOG_LIMIT) await truncate(file);
}

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
