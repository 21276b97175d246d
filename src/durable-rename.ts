import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Renames a file; resolves once the new name is on the disk, too, and a power failure cannot take it back. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  // Windows cannot open a folder, and needs no sync of it.
  if (process.platform === 'win32') return;
  const folder = await open(dirname(to), 'r');
  await folder.sync().finally(() => folder.close());
}
