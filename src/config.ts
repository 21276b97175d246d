import { resolve } from 'node:path';

/** What a process may do; one process does all of it unless ROLES says otherwise. */
export const ROLES = ['collect', 'project', 'query', 'react'] as const;
export type Role = (typeof ROLES)[number];

export interface Config {
  readonly port: number;
  /** Absolute path: embedded PostgreSQL and the keys made at first start live here. */
  readonly dataDir: string;
  /** Undefined: start embedded PostgreSQL in `dataDir`. */
  readonly databaseUrl: string | undefined;
  /** Keys to give the first workspace; undefined: make them at first start. */
  readonly writeKey: string | undefined;
  readonly apiKey: string | undefined;
  readonly roles: ReadonlySet<Role>;
}

/** Injection token of the validated settings. */
export const CONFIG = Symbol('Config');

/** Every setting that cannot stand, each with what is allowed; thrown once, with all of them. */
export class BadSettings extends Error {
  override readonly name = 'BadSettings';
  constructor(readonly faults: readonly string[]) {
    super(`Settings cannot be used:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
}

type Environment = Readonly<Record<string, string | undefined>>;
type Fault = (fault: string) => void;

/**
 * Reads the settings of a process. An empty variable counts as unset, as Compose files leave them.
 *
 * @throws BadSettings naming every fault at once.
 */
export function readConfig(environment: Environment): Config {
  const faults: string[] = [];
  const fault: Fault = (text) => faults.push(text);
  const read = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const config: Config = {
    port: port(read('PORT'), fault),
    dataDir: resolve(read('TOUCHLINE_DATA_DIR') ?? '.touchline'),
    databaseUrl: databaseUrl(read('DATABASE_URL'), fault),
    writeKey: key('TOUCHLINE_WRITE_KEY', read('TOUCHLINE_WRITE_KEY'), fault),
    apiKey: key('TOUCHLINE_API_KEY', read('TOUCHLINE_API_KEY'), fault),
    roles: roles(read('ROLES'), fault),
  };
  if (config.apiKey && config.apiKey === config.writeKey) {
    fault('TOUCHLINE_API_KEY: must differ from TOUCHLINE_WRITE_KEY, which web pages show to everybody');
  }
  eventStore(read('EVENT_STORE'), fault);
  notYet(read, fault);
  if (faults.length > 0) throw new BadSettings(faults);
  return config;
}

function port(value: string | undefined, fault: Fault): number {
  const number = Number(value ?? 3000);
  if (Number.isInteger(number) && number >= 0 && number <= 65_535) return number;
  fault(`PORT: "${value}" is not a port; give a whole number from 0 (any free port) to 65535`);
  return 0;
}

function databaseUrl(value: string | undefined, fault: Fault): string | undefined {
  if (value === undefined) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url && ['postgres:', 'postgresql:'].includes(url.protocol) && url.pathname.length > 1) return value;
  // Never echoed: it may hold a password.
  fault(
    'DATABASE_URL: give postgres://user:password@host:port/database, or leave it unset for embedded PostgreSQL',
  );
  return undefined;
}

/** A write key is the user name of HTTP Basic, so it cannot hold a colon. */
function key(name: string, value: string | undefined, fault: Fault): string | undefined {
  if (value === undefined || /^[\x21-\x39\x3b-\x7e]{1,200}$/.test(value)) return value;
  fault(`${name}: give 1 to 200 visible ASCII characters without spaces or colons`);
  return undefined;
}

function eventStore(value: string | undefined, fault: Fault): void {
  if (value === 'eventstoredb')
    fault('EVENT_STORE: eventstoredb is not available in this version; use postgres');
  else if (value !== undefined && value !== 'postgres')
    fault(`EVENT_STORE: "${value}" is unknown; use postgres`);
}

function roles(value: string | undefined, fault: Fault): ReadonlySet<Role> {
  if (value === undefined) return new Set(ROLES);
  const named = value.split(',').flatMap((name) => name.trim() || []);
  const unknown = named.filter((name) => !(ROLES as readonly string[]).includes(name));
  if (unknown.length > 0) fault(`ROLES: unknown ${unknown.join(', ')}; use any of ${ROLES.join(',')}`);
  if (named.length === 0) fault(`ROLES: names no role; use any of ${ROLES.join(',')}`);
  return new Set(ROLES.filter((role) => named.includes(role)));
}

/** Names that are taken but whose adapters are not there: refused, so that nobody believes they work. */
function notYet(read: (name: string) => string | undefined, fault: Fault): void {
  for (const name of ['EVENTSTOREDB_URL', 'KAFKA_BROKERS']) {
    if (read(name)) fault(`${name}: not available in this version; leave it unset`);
  }
}
