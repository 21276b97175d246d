import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import pg from 'pg';
import { runDdl } from './ddl.js';

/** The read-only database role of one workspace: it sees schema `bi`, and there its own workspace's rows. */
export interface BiRole {
  readonly role: string;
  /** Present when this call set it; only its hash is kept in the database. */
  readonly password?: string;
  /** The role's name of before, which named the workspace; its password is the same. */
  readonly formerly?: string;
  /** The role is missing and this server does not let us make it: what the operator can do, ready to print. */
  readonly warning?: string;
}

const INSUFFICIENT_PRIVILEGE = '42501';
const DUPLICATE_OBJECT = '42710';
/** As migration 0032 draws them. */
const ANONYMOUS_NAME = /^touchline_bi_[0-9a-f]{12}$/;

/**
 * Makes the workspace's BI role when it is missing, opens to it what it may read and limits it. Idempotent and cheap: call
 * it at every start for every workspace, after the migrations.
 *
 * @param password for a role that is made now; default: a random one, which is handed back to be kept.
 */
export async function ensureBiRole(
  pool: pg.Pool,
  workspace: string,
  { password = randomBytes(18).toString('base64url') }: { readonly password?: string } = {},
): Promise<BiRole> {
  const { role, there, formerly } = await roleOf(pool, workspace);
  const made = there ? 'there' : await ifPermitted(() => create(pool, role, password));
  if (made === undefined) return { role, warning: warning(workspace, role) };
  await runDdl(pool, 'SELECT touchline.grant_bi($1, $2, true)', [workspace, role]);
  await ifPermitted(() => runDdl(pool, 'SELECT touchline.limit_bi_reader($1, true)', [role]));
  await runDdl(pool, 'SELECT touchline.share_bi_connections()');
  return { role, ...(made === 'made' && { password }), ...(formerly !== undefined && { formerly }) };
}

interface NamedRole {
  readonly role: string;
  readonly there: boolean;
  readonly formerly?: string;
}

/** The role's name, under which it is there or has to be made. */
async function roleOf(pool: pg.Pool, workspace: string): Promise<NamedRole> {
  const { rows } = await pool.query<NamedRole>(
    `SELECT name AS role, EXISTS (SELECT FROM pg_roles WHERE rolname = name) AS there
       FROM touchline.bi_login($1) AS name`,
    [workspace],
  );
  const [found = { role: '', there: false }] = rows;
  if (ANONYMOUS_NAME.test(found.role)) return found;
  const renamed = await ifPermitted(() =>
    runDdl<{ role: string }>(pool, 'SELECT touchline.rename_bi_login($1) AS role', [workspace]),
  );
  const role = renamed?.[0]?.role;
  return role === undefined ? found : { role, there: true, formerly: found.role };
}

async function create(pool: pg.Pool, role: string, password: string): Promise<'made' | 'there'> {
  try {
    await runDdl(pool, 'SELECT touchline.create_bi_role($1, $2)', [role, scramVerifier(password)]);
    return 'made';
  } catch (error) {
    if (codeOf(error) === DUPLICATE_OBJECT) return 'there'; // another process was quicker
    throw error;
  }
}

/** Undefined when the user of the database has no right to it. */
async function ifPermitted<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (codeOf(error) === INSUFFICIENT_PRIVILEGE) return undefined;
    throw error;
  }
}

const codeOf = (error: unknown): string => (error instanceof pg.DatabaseError && error.code) || '';

const warning = (workspace: string, role: string): string =>
  `Workspace "${workspace}" has no BI role, because the user of DATABASE_URL may not create roles. An administrator has to run\n` +
  `  CREATE ROLE ${role} LOGIN CONNECTION LIMIT 10 PASSWORD '…'; ALTER ROLE ${role} SET timezone = 'UTC'; ALTER ROLE ${role} SET temp_file_limit = '512MB';\n` +
  `and restart Touchline, which then grants it access to the views of schema bi.`;

/**
 * Revokes privileges of PUBLIC that BI roles could abuse (migration 0032). Call it at every
 * start.
 *
 * @returns what the operator can do where the user of the database may not
 */
export async function revokePublicPrivileges(pool: pg.Pool): Promise<string | undefined> {
  const rows = await runDdl<{ open: string[] }>(pool, 'SELECT touchline.close_database() AS open');
  const open = rows[0]?.open ?? [];
  if (open.length === 0) return undefined;
  return (
    `BI logins can still use ${open.join(', ')}: the user of DATABASE_URL may not revoke it. ` +
    'A superuser has to run once in this database: SELECT touchline.close_database()'
  );
}

/** What the server keeps of a password (RFC 5803), made here so that no statement and no log carries the password. */
export function scramVerifier(password: string, salt = randomBytes(16)): string {
  const iterations = 4096;
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256');
  const sign = (text: string) => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(sign('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${sign('Server Key').toString('base64')}`;
}
