import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { publishDefaultModel } from './commands/publish-model.js';
import { revokePublicPrivileges, ensureBiRole } from './database/bi-role.js';
import type { Runtime } from './runtime.js';
import { ensureFirstWorkspace, FIRST_WORKSPACE, type FirstWorkspace } from './workspaces/first-workspace.js';
import { prefixOf } from './workspaces/key-format.js';
import { saveSecrets, secretsFile, readSecrets } from './workspaces/saved-secrets.js';
import { type Keys, Workspaces } from './workspaces/workspaces.js';

/** The login of BI tools to one workspace. `password` is known to the start that made it and, for `main`, to later ones. */
export interface BiLogin {
  readonly role: string;
  readonly password?: string;
}

export interface PreparedWorkspaces extends FirstWorkspace {
  readonly bi: BiLogin | undefined;
}

/** What every start makes sure of: there is a workspace, and each has a journey model and its BI role. */
export async function prepareWorkspaces(runtime: Runtime, log: Logger): Promise<PreparedWorkspaces> {
  const { config, configuration } = runtime;
  const workspaces = new Workspaces(configuration);
  const given = givenKeys(config);
  const open = await revokePublicPrivileges(runtime.pool);
  if (open !== undefined) log.warn(open);
  const first = await ensureFirstWorkspace(workspaces, config.dataDir, given);
  for (const line of revokedKeyWarnings(first, given, config.dataDir)) log.warn(line);
  for (const { slug } of await workspaces.all()) {
    if (slug !== FIRST_WORKSPACE) await ensureModelAndBiRole(runtime, slug, log);
  }
  return { ...first, bi: await prepareFirst(runtime, log) };
}

/** The setting that names each key. */
const SETTINGS = {
  writeKey: 'TOUCHLINE_WRITE_KEY',
  serverWriteKey: 'TOUCHLINE_SERVER_WRITE_KEY',
  apiKey: 'TOUCHLINE_API_KEY',
} as const satisfies Record<keyof Keys, string>;
const KEY_NAMES = Object.keys(SETTINGS) as readonly (keyof Keys)[];

/** Whoever uses such a key is refused, and finds the reason here. */
function revokedKeyWarnings({ revoked }: FirstWorkspace, given: Partial<Keys>, dataDir: string): string[] {
  return KEY_NAMES.flatMap((name) => {
    const key = revoked[name];
    if (key === undefined) return [];
    const place = name in given ? SETTINGS[name] : `${name} in ${secretsFile(dataDir)}`;
    return `${place} is a revoked key (${prefixOf(key)}) and has no effect: remove it, and create new keys with \`npx touchline keys add ${FIRST_WORKSPACE}\``;
  });
}

/** Makes a further workspace, ready for use. @throws Refused as Workspaces.add */
export async function addWorkspace(
  runtime: Runtime,
  slug: string,
  log: Logger,
): Promise<{ readonly keys: Keys; readonly bi: BiLogin | undefined }> {
  const keys = await new Workspaces(runtime.configuration).add(slug);
  return { keys, bi: await ensureModelAndBiRole(runtime, slug, log) };
}

/** The BI password is on disk before the role has it: a crash in between loses nothing. */
async function prepareFirst(runtime: Runtime, log: Logger): Promise<BiLogin | undefined> {
  const { dataDir } = runtime.config;
  const kept = await readSecrets(dataDir);
  const password = kept.bi?.password ?? randomBytes(18).toString('base64url');
  if (!kept.bi) await saveSecrets(dataDir, { ...kept, bi: { password } });
  const login = await ensureModelAndBiRole(runtime, FIRST_WORKSPACE, log, password);
  // A role that was there before its password was kept here belongs to a process with another data folder.
  const bi = login && (kept.bi ?? login.password) !== undefined ? { role: login.role, password } : undefined;
  if (kept.bi?.role !== bi?.role || !kept.bi) await saveSecrets(dataDir, bi ? { ...kept, bi } : kept);
  return bi ?? login;
}

async function ensureModelAndBiRole(
  { store, pool }: Runtime,
  slug: string,
  log: Logger,
  password?: string,
): Promise<BiLogin | undefined> {
  await publishDefaultModel(store, slug);
  const bi = await ensureBiRole(pool, slug, password === undefined ? {} : { password });
  if (bi.warning !== undefined) log.warn(bi.warning);
  if (bi.formerly !== undefined) log.warn(renamed(slug, bi.formerly, bi.role));
  return bi.warning === undefined ? bi : undefined;
}

const renamed = (workspace: string, formerly: string, role: string): string =>
  `The BI login of workspace "${workspace}" is now ${role} (was ${formerly}, which showed its name to other workspaces); its password is the same`;

const givenKeys = (config: Runtime['config']): Partial<Keys> =>
  Object.fromEntries(KEY_NAMES.flatMap((name) => (config[name] === undefined ? [] : [[name, config[name]]])));
