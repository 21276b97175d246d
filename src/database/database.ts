import pg from 'pg';
import { GuardedClient } from './client.js';

/** SQLSTATE of a disk without room. */
export const DISK_FULL = '53100';

/** Injection token of the process's `pg.Pool`. */
export const DATABASE = Symbol('Database');

export interface PoolOptions {
  /** Connections at most. */
  readonly max?: number;
  readonly applicationName?: string;
  /** PostgreSQL settings of its sessions. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Told the process id of the server's side of each new session. */
  readonly onSession?: (pid: number) => void;
  /** A statement fails, and its connection is dropped, when the server was silent for so long. */
  readonly queryTimeoutMs?: number;
}

/** Tables of read models are named without a schema: a projection works in that of one build, readers in touchline. */
const SEARCH_PATH = 'touchline,public';

/** Longer than any statement of ours may take: a network can lose a server silently. */
const QUERY_TIMEOUT_MS = 75_000;
/** Of the log and of settings, whose statements are short, and whose callers wait. */
export const LOG_QUERY_TIMEOUT_MS = 10_000;

const TIMESTAMPTZ: number = pg.types.builtins.TIMESTAMPTZ;
const UTC_STAMP = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,3})\d*)?\+00$/;
const parserOf = pg.types.getTypeParser as (oid: number, format?: string) => (text: string) => unknown;

/**
 * An instant as PostgreSQL prints it in UTC; three times as fast as the driver's own parser, which is asked for years
 * outside 0001–9999, `infinity` and other zones.
 */
export function parseInstant(text: string): unknown {
  const parts = UTC_STAMP.exec(text);
  if (!parts) return parserOf(TIMESTAMPTZ)(text);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(Number);
  return new Date(
    Date.UTC(year, month - 1, day, hour, minute, second) + Number((parts[7] ?? '').padEnd(3, '0')),
  );
}

const types = {
  getTypeParser: (oid: number, format?: string) =>
    oid === TIMESTAMPTZ && format !== 'binary' ? parseInstant : parserOf(oid, format),
} as pg.CustomTypesConfig;

/**
 * A pool whose sessions speak UTC and look for tables in schema touchline. `timestamptz` is read as `Date`, `bigint` and `numeric` as strings, JSON parsed.
 * A lost idle connection is dropped silently: the next query opens a new one.
 */
export function createPool(url: string, options: PoolOptions = {}): pg.Pool {
  const pool = new pg.Pool({
    Client: GuardedClient,
    connectionString: url,
    max: options.max ?? 10,
    types,
    application_name: options.applicationName ?? 'touchline',
    connectionTimeoutMillis: 10_000,
    query_timeout: options.queryTimeoutMs ?? QUERY_TIMEOUT_MS,
    options: Object.entries({ TimeZone: 'UTC', search_path: SEARCH_PATH, ...options.settings })
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  });
  pool.on('error', () => undefined);
  const { onSession } = options;
  if (onSession) pool.on('connect', (session) => onSession(processOf(session)));
  return pool;
}

/** The driver keeps it to cancel queries with; its types leave it out. */
const processOf = (session: pg.PoolClient): number => (session as unknown as { processID: number }).processID;

/**
 * A pool for the event store alone. Its few statements are range reads by index; a plan made while the log was small
 * would scan it whole, and prepared plans live as long as their connection.
 */
export const createLogPool = (url: string, options: PoolOptions = {}): pg.Pool =>
  createPool(url, {
    max: 6,
    applicationName: 'touchline log',
    settings: { enable_seqscan: 'off' },
    queryTimeoutMs: LOG_QUERY_TIMEOUT_MS,
    ...options,
  });
