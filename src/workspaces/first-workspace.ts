import { Refused } from '../domain/refused.js';
import { saveSecrets, readSecrets } from './saved-secrets.js';
import { type Keys, makeKeys, type Workspaces } from './workspaces.js';

export const FIRST_WORKSPACE = 'main';

export interface FirstWorkspace {
  /** True when this start made the workspace: its keys are shown now and never again. */
  readonly created: boolean;
  /** Keys that open it and that this process knows in plain text: from the settings, else from the data folder. */
  readonly keys: Partial<Keys>;
  /** What the settings or the data folder still name although it was revoked and has no effect. */
  readonly revoked: Partial<Keys>;
}

/**
 * Makes workspace `main` unless it is there, with the given keys or with made ones, which are on disk before they are
 * valid: a crash in between loses nothing. Keys given later open it too, unless they were revoked: revoking is for good.
 *
 * @throws Refused `key-in-use`: a given key belongs to another workspace
 */
export async function ensureFirstWorkspace(
  workspaces: Workspaces,
  dataDir: string,
  given: Partial<Keys>,
): Promise<FirstWorkspace> {
  const kept = await readSecrets(dataDir);
  const known = { ...kept.keys, ...given };
  if (await workspaces.find(FIRST_WORKSPACE)) {
    const revoked = await workspaces.allow(FIRST_WORKSPACE, known);
    const keys = without(known, revoked);
    return { created: false, keys, revoked: without(known, Object.keys(keys)) };
  }
  const keys = { ...makeKeys(), ...known };
  // Keys of the settings stay in the settings.
  await saveSecrets(dataDir, { ...kept, keys: without(keys, Object.keys(given)) });
  try {
    await workspaces.add(FIRST_WORKSPACE, keys);
    return { created: true, keys, revoked: {} };
  } catch (error) {
    // Another process on the same database was quicker; its keys were shown there.
    if (!(error instanceof Refused && error.code === 'workspace-exists')) throw error;
    await saveSecrets(dataDir, kept);
    return { created: false, keys: known, revoked: {} };
  }
}

const without = (keys: Partial<Keys>, names: readonly string[]): Partial<Keys> =>
  Object.fromEntries(Object.entries(keys).filter(([name]) => !names.includes(name)));
