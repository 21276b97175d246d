import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import pg from 'pg';
import { runDdl } from './ddl.js';

/** The read-only database role of one workspace: it sees schema `bi`, and there its own workspace's rows. */
export interface BiRole {
  readonly role: string;
  /** Present when this call set it; only its hash is kept in the database. */
  readonly password?: string;
  /** The role is missing and this server does not let us make it: what the operator can do, ready to print. */
  readonly warning?: string;
}

const INSUFFICIENT_PRIVILEGE = '42501';
const DUPLICATE_ROLE = ['42710', '23505'];

/**
 * Makes the workspace's BI role when it is missing and opens to it what it may read. Idempotent and cheap: call it at
 * every start for every workspace, after the migrations, so that new views are open to roles that are there already.
 *
 * @param password for a role that is made now; default: a random one, which is handed back to be kept.
 */
export async function ensureBiRole(
  pool: pg.Pool,
  workspace: string,
  { password = randomBytes(18).toString('base64url') }: { readonly password?: string } = {},
): Promise<BiRole> {
  const { rows } = await pool.query<{ role: string; there: boolean }>(
    `SELECT name AS role, EXISTS (SELECT FROM pg_roles WHERE rolname = name) AS there
       FROM touchline.bi_role_name($1) AS name`,
    [workspace],
  );
  const { role, there } = rows[0] ?? { role: '', there: false };
  const made = there ? 'there' : await make(pool, workspace, password);
  if (made === 'refused') return { role, warning: warning(workspace, role) };
  await createPolicies(pool, workspace, role);
  await runDdl(pool, 'SELECT touchline.grant_bi($1, $2)', [workspace, role]);
  return made === 'made' ? { role, password } : { role };
}

/** The policies that grant_bi would make, as it would make them. */
const MISSING_POLICIES = `
  SELECT format('CREATE POLICY %I ON touchline.%I FOR SELECT TO %I USING (%I = %L)',
                $2::name, t.name, $2::name, t.workspace_column, $1::text) AS ddl
    FROM touchline.bi_table t
    JOIN pg_class c ON c.relname = t.name AND c.relnamespace = 'touchline'::regnamespace
   WHERE t.workspace_column IS NOT NULL AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND polname = $2)
   ORDER BY t.name`;

/**
 * A policy takes the exclusive lock on its table. Each is made in a transaction of its own: whoever holds one such lock and
 * waits for the next one is in a deadlock with a projection that writes both tables.
 */
async function createPolicies(pool: pg.Pool, workspace: string, role: string): Promise<void> {
  const { rows } = await pool.query<{ ddl: string }>(MISSING_POLICIES, [workspace, role]);
  for (const { ddl } of rows) await runDdl(pool, ddl);
}

async function make(
  pool: pg.Pool,
  workspace: string,
  password: string,
): Promise<'made' | 'there' | 'refused'> {
  try {
    await pool.query('SELECT touchline.create_bi_role($1, $2)', [workspace, scramVerifier(password)]);
    return 'made';
  } catch (error) {
    const code = error instanceof pg.DatabaseError ? error.code : undefined;
    if (code === INSUFFICIENT_PRIVILEGE) return 'refused';
    if (code !== undefined && DUPLICATE_ROLE.includes(code)) return 'there'; // another process was quicker
    throw error;
  }
}

const warning = (workspace: string, role: string): string =>
  `Workspace "${workspace}" has no BI role: the user of DATABASE_URL may not create roles. Let an administrator run\n` +
  `  CREATE ROLE ${pg.escapeIdentifier(role)} LOGIN PASSWORD '…'; ALTER ROLE ${pg.escapeIdentifier(role)} SET timezone = 'UTC';\n` +
  `and start Touchline again: it then opens the views of schema bi to it.`;

/** What the server keeps of a password (RFC 5803), made here so that no statement and no log carries the password. */
export function scramVerifier(password: string, salt = randomBytes(16)): string {
  const iterations = 4096;
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256');
  const sign = (text: string) => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(sign('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${sign('Server Key').toString('base64')}`;
}
