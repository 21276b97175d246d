import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { CollectorSetup } from '../collectors/collector-setup.js';
import { Refused } from '../domain/refused.js';
import { FORMATS } from '../intake/formats/all.js';
import { RecentItems } from '../intake/recent-items.js';
import { Collectors, type ListedCollector } from '../workspaces/collectors.js';
import { FIRST_WORKSPACE } from '../workspaces/first-workspace.js';
import { SecretBox } from '../workspaces/secret-box.js';
import { Workspaces } from '../workspaces/workspaces.js';
import { table } from './text-table.js';
import { withRuntime } from './with-runtime.js';

export interface InWorkspace {
  readonly workspace?: string;
}

/** Does the work with the collectors of a workspace. @throws Refused `workspace-not-found` */
function withSetup<T>(
  { workspace = FIRST_WORKSPACE }: InWorkspace,
  work: (setup: CollectorSetup, workspace: string) => Promise<T>,
): Promise<T> {
  return withRuntime(async ({ configuration, pool, config: { secretKeys, dataDir } }) => {
    if (!(await new Workspaces(configuration).find(workspace)))
      throw new Refused(
        'workspace-not-found',
        `The workspace "${workspace}" does not exist; \`npx touchline workspace list\` lists all`,
      );
    const collectors = new Collectors(configuration, new SecretBox(secretKeys, dataDir));
    return work(new CollectorSetup(collectors, FORMATS, new RecentItems(pool)), workspace);
  });
}

/** `collector list` */
export const listCollectors = (options: InWorkspace): Promise<void> =>
  withSetup(options, async (setup, workspace) => {
    const rows = (await setup.collectors.list(workspace)).map((each) => [
      ...[each.name, each.format ?? '-', each.id],
      ...[String(each.writeKeys.length), String(each.secrets.length), String(each.mapping.length)],
    ]);
    console.log(table(['NAME', 'FORMAT', 'ID', 'KEYS', 'SECRETS', 'RULES'], rows));
  });

/** `collector show NAME` */
export const showCollector = (name: string, options: InWorkspace): Promise<void> =>
  withSetup(options, async (setup, workspace) =>
    console.log(JSON.stringify(await setup.collectors.find(workspace, name), null, 2)),
  );

/** `collector add NAME [--format FORMAT] [--file FILE]`: the file has the further fields of `POST /api/collectors`. */
export const addCollector = (
  name: string,
  { format, file, ...options }: InWorkspace & { format?: string; file?: string },
): Promise<void> =>
  withSetup(options, async (setup, workspace) => {
    const given = file === undefined ? {} : await readJson(file);
    const body = { ...given, name, ...(format !== undefined && { format }) };
    const { collector, keys } = await setup.create(workspace, body);
    console.log(`Collector "${name}" was added to workspace "${workspace}"; its id is ${collector.id}`);
    for (const [kind, key] of Object.entries(keys)) console.log(`${KEY_TITLES[kind] ?? kind}  ${key}`);
    printPaths(collector);
  });

const KEY_TITLES: Readonly<Record<string, string>> = { writeKey: 'Write key ', serverWriteKey: 'Server key' };

/** `collector change NAME --file FILE`: the file has the fields of `PATCH /api/collectors/{id}`. */
export const changeCollector = (
  name: string,
  { file, ...options }: InWorkspace & { file: string },
): Promise<void> =>
  withSetup(options, async (setup, workspace) => {
    await setup.change(workspace, name, await readJson(file));
    console.log(`Collector "${name}" was changed; within ten seconds all processes follow.`);
  });

/** `collector key NAME [--scope SCOPE] [--overlap HOURS]` */
export const rotateKey = (
  name: string,
  { scope = 'server', overlap, ...options }: InWorkspace & { scope?: string; overlap?: string },
): Promise<void> =>
  withSetup(options, async (setup, workspace) => {
    const { key } = await setup.rotateKey(workspace, name, { scope, ...overlapOf(overlap) });
    console.log(`New ${scope} key of collector "${name}", shown only once:\n${key}`);
  });

/** `collector revoke NAME PREFIX` */
export const revokeCollectorKey = (name: string, prefix: string, options: InWorkspace): Promise<void> =>
  withSetup(options, async (setup, workspace) => {
    await setup.collectors.revokeKey(workspace, name, prefix);
    console.log(`Revoked ${prefix} of collector "${name}"; within ten seconds all processes refuse it.`);
  });

/** `collector secret NAME [--file FILE] [--overlap HOURS]`: from the file, `-` being standard input; else one is made. */
export const addSecret = (
  name: string,
  { file, overlap, ...options }: InWorkspace & { file?: string; overlap?: string },
): Promise<void> =>
  withSetup(options, async (setup, workspace) => {
    const given = file === undefined ? {} : { secret: (await readText(file)).trim() };
    const { secret } = await setup.addSecret(workspace, name, { ...given, ...overlapOf(overlap) });
    console.log(`The secret of collector "${name}" was added.`);
    if (secret !== undefined) console.log(`It is shown only once:\n${secret}`);
  });

/** `collector remove-secret NAME ID` */
export const removeSecret = (name: string, id: string, options: InWorkspace): Promise<void> =>
  withSetup(options, async (setup, workspace) => {
    await setup.collectors.removeSecret(workspace, name, id);
    console.log(`The secret ${id} of collector "${name}" was removed.`);
  });

/** `collector try NAME --file FILE`: the file has a mapping. */
export const tryMapping = (
  name: string,
  { file, ...options }: InWorkspace & { file: string },
): Promise<void> =>
  withSetup(options, async (setup, workspace) => {
    const mapping = await readJsonValue(file);
    const { tried, changed, rejected, items } = await setup.try(workspace, name, { mapping });
    for (const { receivedAt, before, after } of items)
      if (after) console.log(JSON.stringify({ receivedAt, before, after }));
    console.log(`${tried} tried, ${changed} would change, ${rejected} would be rejected`);
  });

/** @throws Refused `overlap-invalid` */
function overlapOf(hours: string | undefined): { overlapHours?: number } {
  if (hours === undefined) return {};
  const number = Number(hours);
  if (hours.trim() !== '' && number >= 0) return { overlapHours: number };
  throw new Refused('overlap-invalid', `"${hours}" is not a number of hours`);
}

/** @throws Refused `file-unreadable` */
async function readText(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Refused('file-unreadable', `${file} cannot be read: ${messageOf(error)}`);
  }
}

/** @throws Refused `file-unreadable`, `file-invalid` */
async function readJsonValue(file: string): Promise<unknown> {
  const content = await readText(file);
  try {
    return JSON.parse(content);
  } catch (error) {
    throw new Refused('file-invalid', `${file} is not JSON: ${messageOf(error)}`);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** @throws Refused `file-unreadable`, `file-invalid` */
async function readJson(file: string): Promise<object> {
  const value = await readJsonValue(file);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new Refused('file-invalid', `${file} must hold a JSON object`);
}

/** Where its provider has to send to, at the address of the server. */
function printPaths({ id, format }: ListedCollector): void {
  const endpoints = FORMATS.list.find(({ name }) => name === format)?.endpoints ?? [];
  for (const path of new Set(endpoints.map(({ path }) => path)))
    if (path.includes(':collector')) console.log(`Webhook     ${path.replace(':collector', id)}`);
}
