import type pg from 'pg';
import type { RecordedEvent } from '../src/domain/events.js';
import type { JourneyModel } from '../src/domain/model/journey-model.js';
import { expected, type Expected } from './oracle.js';

type Tables = Readonly<Record<string, readonly string[]>>;

/** What the tables of `journey` say now of workspace `main`, and what the whole set of events says at once. */
export async function compareWithOracle(
  pool: pg.Pool | pg.PoolClient,
  log: readonly RecordedEvent[],
  model: JourneyModel,
): Promise<{ found: Tables; told: Tables }> {
  const oracle = expected('main', log, model);
  const found: Record<string, string[]> = {};
  const told: Record<string, string[]> = {};
  for (const table of Object.keys(oracle) as (keyof Expected)[]) {
    const columns = Object.keys(oracle[table][0] ?? { workspace: '' });
    found[table] = await currentRows(pool, table, columns);
    told[table] = oracle[table].map(inColumns).sort();
  }
  return { found, told };
}

const COLUMN: Readonly<Record<string, string>> = {
  knownAt: 'known_at',
  userId: 'user_id',
  accountId: 'account_id',
  emailConsent: 'email_consent',
  emailConsentReason: 'email_consent_reason',
  emailConsentAt: 'email_consent_at',
  emailConsentEventId: 'email_consent_event_id',
};
/** What is derived when it is read. */
const DERIVED: Readonly<Record<string, string>> = {
  linked_by: 'touchline.linked_by(workspace, lead_id, identity, NULL) AS linked_by',
};
const inColumns = (row: Record<string, unknown>): string =>
  JSON.stringify(
    Object.fromEntries(Object.entries(row).map(([name, value]) => [COLUMN[name] ?? name, sorted(value)])),
  );
const sorted = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !(value instanceof Date)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;
async function currentRows(
  pool: pg.Pool | pg.PoolClient,
  table: string,
  columns: readonly string[],
): Promise<string[]> {
  const names = columns.map((column) => DERIVED[column] ?? COLUMN[column] ?? column);
  const { rows } = await pool.query<Record<string, unknown>>(
    `SELECT ${names.join(', ')} FROM touchline.${table} ${table === 'lead' ? '' : 'WHERE superseded_at IS NULL'}`,
  );
  return rows.map(inColumns).sort();
}
