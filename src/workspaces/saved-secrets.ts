import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { renameDurably } from '../durable-rename.js';
import { hashKey } from './key-format.js';
import type { Keys } from './workspaces.js';

/** What the first start made and only the data folder still knows in plain text. */
export interface SavedSecrets {
  readonly keys?: Partial<Keys>;
  /** Of the first workspace: the user that BI tools log in as. */
  readonly bi?: { readonly role?: string; readonly password: string };
}

export const secretsFile = (dataDir: string): string => join(dataDir, 'keys.json');

/** Empty if the file does not exist yet. @throws SyntaxError if its content is invalid */
export async function readSecrets(dataDir: string): Promise<SavedSecrets> {
  try {
    return JSON.parse(await readFile(secretsFile(dataDir), 'utf8')) as SavedSecrets;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

/** Takes keys out whose hashes these are, so that a newly created database does not get them. @returns whether there were any */
export async function removeKeys(dataDir: string, hashes: readonly string[]): Promise<boolean> {
  const kept = await readSecrets(dataDir);
  const all = Object.entries(kept.keys ?? {});
  const rest = all.filter(([, key]) => !hashes.includes(hashKey(key)));
  if (rest.length === all.length) return false;
  await saveSecrets(dataDir, { ...kept, keys: Object.fromEntries(rest) });
  return true;
}

/** Readable by the owner only, whole or not at all, on the disk before it resolves. */
export async function saveSecrets(dataDir: string, secrets: SavedSecrets): Promise<void> {
  const file = secretsFile(dataDir);
  await mkdir(dirname(file), { recursive: true });
  const draft = await open(`${file}.${process.pid}`, 'w', 0o600);
  try {
    await draft.writeFile(`${JSON.stringify(secrets, null, 2)}\n`);
    await draft.sync();
  } finally {
    await draft.close();
  }
  await renameDurably(`${file}.${process.pid}`, file);
}
