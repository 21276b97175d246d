import { Refused } from '../domain/refused.js';
import { WRITE_KEY_SCOPES, type WriteKeyScope } from '../workspaces/entities.js';
import { removeKeys, secretsFile } from '../workspaces/saved-secrets.js';
import { type ListedKey, nameOf, WorkspaceKeys } from '../workspaces/workspace-keys.js';
import { type Keys, makeKeys, makeWriteKey, Workspaces } from '../workspaces/workspaces.js';
import { table } from './text-table.js';
import { withRuntime } from './with-runtime.js';

/** `keys add WORKSPACE [--scope SCOPE]` @throws Refused `workspace-not-found`, `key-scope-unknown` */
export function addKeys(workspace: string, { scope }: { scope?: string }): Promise<void> {
  const keys = scope === undefined ? makeKeys() : makeWriteKey(scopeNamed(scope));
  return withRuntime(async ({ configuration }) => {
    await new Workspaces(configuration).allow(workspace, keys);
    console.log(`New keys of workspace "${workspace}", shown only once; existing keys remain valid:`);
    printKeys(keys);
  });
}

/** `keys list [WORKSPACE]` @throws Refused `workspace-not-found` */
export function listKeys(workspace?: string): Promise<void> {
  return withRuntime(async ({ configuration }) => {
    if (workspace !== undefined && !(await new Workspaces(configuration).find(workspace)))
      throw new Refused(
        'workspace-not-found',
        `The workspace "${workspace}" does not exist; \`npx touchline workspace list\` lists all`,
      );
    console.log(table(HEAD, (await new WorkspaceKeys(configuration).list(workspace)).map(cells)));
  });
}

/** `keys revoke PREFIX [--force]` @throws Refused as WorkspaceKeys.revoke */
export function revokeKey(text: string, { force = false }: { force?: boolean }): Promise<void> {
  return withRuntime(async ({ configuration, config: { dataDir } }) => {
    const keys = new WorkspaceKeys(configuration);
    const revoked = await keys.revoke(text, { force });
    for (const key of revoked)
      console.log(`Revoked ${nameOf(key)}; within ten seconds all processes refuse it.`);
    const hashes = revoked.map(({ keyHash }) => keyHash);
    const forgotten = await removeKeys(dataDir, hashes).catch((error: unknown) => String(error));
    if (forgotten === true) console.log(`It was removed from ${secretsFile(dataDir)}.`);
    if (typeof forgotten === 'string')
      console.error(`touchline: it could not be removed from ${secretsFile(dataDir)}: ${forgotten}`);
  });
}

/** `keys limit PREFIX [--events N] [--requests N]` @throws Refused as WorkspaceKeys.limit, `key-limit-invalid`, `key-limit-missing` */
export function limitKey(
  text: string,
  { events, requests }: { events?: string; requests?: string },
): Promise<void> {
  const limits = {
    ...(events !== undefined && { eventsPerSecond: limitNamed(events) }),
    ...(requests !== undefined && { requestsPerSecond: limitNamed(requests) }),
  };
  if (Object.keys(limits).length === 0)
    throw new Refused('key-limit-missing', 'Pass --events or --requests: a number per second, or default');
  return withRuntime(async ({ configuration }) => {
    const keys = new WorkspaceKeys(configuration);
    for (const key of await keys.limit(text, limits))
      console.log(`The limits of ${nameOf(key)} apply in every process within ten seconds.`);
  });
}

/** A number a second; null for `default`: as the settings say. */
function limitNamed(text: string): number | null {
  if (text === 'default') return null;
  const number = Number(text);
  if (Number.isInteger(number) && number > 0 && number <= 1_000_000) return number;
  throw new Refused(
    'key-limit-invalid',
    `"${text}" is invalid: use a whole number from 1 to 1000000, or default`,
  );
}

export function printKeys({ writeKey, serverWriteKey, apiKey }: Partial<Keys>): void {
  if (writeKey !== undefined) console.log(`Write key   ${writeKey}`);
  if (serverWriteKey !== undefined) console.log(`Server key  ${serverWriteKey}`);
  if (apiKey !== undefined) console.log(`API key     ${apiKey}`);
}

function scopeNamed(name: string): WriteKeyScope {
  const scope = WRITE_KEY_SCOPES.find((known) => known === name);
  if (scope) return scope;
  throw new Refused('key-scope-unknown', `"${name}" is not a scope: use ${WRITE_KEY_SCOPES.join(' or ')}`);
}

const HEAD = [
  'PREFIX',
  'KIND',
  'SCOPE',
  'WORKSPACE',
  'COLLECTOR',
  'EVENTS/S',
  'REQUESTS/S',
  'CREATED',
  'REVOKED',
];

const cells = (key: ListedKey): string[] => [
  ...[key.prefix, key.kind, key.scope ?? '-', key.workspace, key.collector ?? '-'],
  ...[key.eventsPerSecond, key.requestsPerSecond].map((limit) => (limit === null ? '-' : String(limit))),
  toSecond(key.createdAt),
  key.revokedAt === null ? '-' : toSecond(key.revokedAt),
];

const toSecond = (time: Date): string => time.toISOString().replace(/\.\d+/, '');
