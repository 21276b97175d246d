import { Refused } from '../domain/refused.js';
import { WRITE_KEY_SCOPES, type WriteKeyScope } from '../workspaces/entities.js';
import { forgetKeys, keptSecretsFile } from '../workspaces/kept-secrets.js';
import { type ListedKey, nameOf, WorkspaceKeys } from '../workspaces/workspace-keys.js';
import { type Keys, makeKeys, makeWriteKey, Workspaces } from '../workspaces/workspaces.js';
import type { Options } from './options.js';
import { withRuntime } from './with-runtime.js';

/** `keys add WORKSPACE [--scope SCOPE]` @throws Refused `workspace-not-found`, `key-scope-unknown` */
export function addKeys(workspace = '', { scope }: Options = {}): Promise<void> {
  const keys = scope === undefined ? makeKeys() : makeWriteKey(scopeNamed(scope));
  return withRuntime(async ({ configuration }) => {
    await new Workspaces(configuration).allow(workspace, keys);
    console.log(`Further keys of workspace "${workspace}", shown this once; the others stay valid:`);
    printKeys(keys);
  });
}

/** `keys list [WORKSPACE]` @throws Refused `workspace-not-found` */
export function listKeys(workspace?: string): Promise<void> {
  return withRuntime(async ({ configuration }) => {
    if (workspace !== undefined && !(await new Workspaces(configuration).find(workspace)))
      throw new Refused('workspace-not-found', `There is no workspace "${workspace}"`);
    console.log(columns(HEAD, (await new WorkspaceKeys(configuration).list(workspace)).map(cells)));
  });
}

/** `keys revoke PREFIX [--force]` @throws Refused as WorkspaceKeys.revoke */
export function revokeKey(text = '', { force }: Options = {}): Promise<void> {
  return withRuntime(async ({ configuration, config: { dataDir } }) => {
    const keys = new WorkspaceKeys(configuration);
    const revoked = await keys.revoke(text, { force: force === true });
    for (const key of revoked)
      console.log(`Revoked ${nameOf(key)}: within ten seconds it opens nothing in any process.`);
    const hashes = revoked.map(({ keyHash }) => keyHash);
    const forgotten = await forgetKeys(dataDir, hashes).catch((error: unknown) => String(error));
    if (forgotten === true) console.log(`It is taken out of ${keptSecretsFile(dataDir)}.`);
    if (typeof forgotten === 'string')
      console.error(`touchline: it is still in ${keptSecretsFile(dataDir)}: ${forgotten}`);
  });
}

export function printKeys({ writeKey, serverWriteKey, apiKey }: Partial<Keys>): void {
  if (writeKey !== undefined) console.log(`Write key   ${writeKey}`);
  if (serverWriteKey !== undefined) console.log(`Server key  ${serverWriteKey}`);
  if (apiKey !== undefined) console.log(`API key     ${apiKey}`);
}

function scopeNamed(name: unknown): WriteKeyScope {
  const scope = WRITE_KEY_SCOPES.find((known) => known === name);
  if (scope) return scope;
  throw new Refused(
    'key-scope-unknown',
    `"${String(name)}": a write key has the scope ${WRITE_KEY_SCOPES.join(' or ')}`,
  );
}

const HEAD = ['PREFIX', 'KIND', 'SCOPE', 'WORKSPACE', 'COLLECTOR', 'MADE', 'REVOKED'];

const cells = ({ prefix, kind, scope, workspace, collector, madeAt, revokedAt }: ListedKey): string[] => [
  prefix,
  kind,
  scope ?? '-',
  workspace,
  collector ?? '-',
  toSecond(madeAt),
  revokedAt === null ? '-' : toSecond(revokedAt),
];

const toSecond = (time: Date): string => time.toISOString().replace(/\.\d+/, '');

/** Lines that a person and awk can read. */
function columns(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ');
  return [head, ...rows].map((row) => line(row).trimEnd()).join('\n');
}
