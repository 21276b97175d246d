import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Refused } from '../../domain/refused.js';
import { STDIN } from './input.js';

export interface InputFile {
  /** As the user named it; STDIN for standard input. */
  readonly path: string;
  /** Of the file as it is there; undefined: not known. */
  readonly bytes: number | undefined;
}

/** The files, and those in folders and in the folders within, by their names. @throws Refused `file-not-found` */
export async function inputFiles(paths: readonly string[]): Promise<readonly InputFile[]> {
  const files: InputFile[] = [];
  for (const path of paths) {
    if (path === STDIN) files.push({ path, bytes: undefined });
    else files.push(...(await filesAt(path)));
  }
  return files;
}

async function filesAt(path: string): Promise<readonly InputFile[]> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new Refused('file-not-found', `There is no file or folder "${path}"`);
  if (!found.isDirectory()) return [{ path, bytes: found.isFile() ? found.size : undefined }];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'));
  const inside = names.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Promise.all(inside.map(async (name) => ({ path: name, bytes: (await stat(name)).size })));
}

/** Tells a file from all others by its content, wherever it lies and whatever it is called. */
export async function fingerprint(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest('base64url');
}
