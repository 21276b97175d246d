import { Refused } from '../domain/refused.js';
import { keepSecrets, readSecrets } from './kept-secrets.js';
import { type Keys, makeKeys, type Workspaces } from './workspaces.js';

export const FIRST_WORKSPACE = 'main';

export interface FirstWorkspace {
  /** True when this start made the workspace: its keys are shown now and never again. */
  readonly made: boolean;
  /** Keys that this process knows in plain text: from the settings, else from the data folder. */
  readonly keys: Partial<Keys>;
}

/**
 * Makes workspace `main` unless it is there, with the given keys or with made ones, which are on disk before they are
 * valid: a crash in between loses nothing. Keys given later open it too.
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
    await workspaces.allow(FIRST_WORKSPACE, known);
    return { made: false, keys: known };
  }
  const keys = { ...makeKeys(), ...known };
  await keepSecrets(dataDir, { ...kept, keys: withoutGiven(keys, given) });
  try {
    await workspaces.add(FIRST_WORKSPACE, keys);
    return { made: true, keys };
  } catch (error) {
    // Another process on the same database was quicker; its keys were shown there.
    if (!(error instanceof Refused && error.code === 'workspace-exists')) throw error;
    await keepSecrets(dataDir, kept);
    return { made: false, keys: known };
  }
}

/** Keys of the settings stay in the settings. */
function withoutGiven(keys: Keys, given: Partial<Keys>): Partial<Keys> {
  return Object.fromEntries(Object.entries(keys).filter(([name]) => !(name in given)));
}
