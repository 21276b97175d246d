import { execFile } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Copies a stopped cluster with its password into another data folder; the files stay those of the user `postgres`. */
export async function copyCluster(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-a', join(from, 'postgres'), join(from, 'postgres.password'), to]);
  await chmod(to, 0o711);
}
