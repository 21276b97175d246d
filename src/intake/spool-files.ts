import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { renameDurably } from '../durable-rename.js';

/** A file of requests of one workspace; its name holds what must be known before it is read. */
export interface SpoolFile {
  readonly name: string;
  readonly workspace: string;
  readonly requests: number;
  readonly bytes: number;
  /** When it was written, in ms since 1970. */
  readonly keptAt: number;
  /** Its requests cannot be recorded and wait for somebody to look at them. */
  readonly isFailed: boolean;
}

type Suffix = 'ndjson' | 'failed';

/** Time, number and UUID, then the number of requests and the workspace. */
const NAME = /^(\d{15})-\d{9}-[0-9a-f-]{36}\.(\d+)\.([a-z0-9-]+)\.(ndjson|failed)$/;
/** Of a file that is being written. */
const PARTIAL = '.partial';
/** So old, in ms, nobody writes it any more. */
const ABANDONED_MS = 600_000;

/** The files of a spool: each is written whole, synced, then named, and never changed, so that processes may share the folder. */
export class SpoolFiles {
  /** Written so far: several within a millisecond are in their order, too. */
  private written = 0;

  constructor(readonly folder: string) {}

  /** In the order they were written in. */
  async list(): Promise<readonly SpoolFile[]> {
    const files: SpoolFile[] = [];
    for (const name of (await namesIn(this.folder)).toSorted()) {
      const [, keptAt, requests, workspace = '', suffix] = NAME.exec(name) ?? [];
      const bytes = suffix && (await this.sizeOf(name));
      if (typeof bytes !== 'number') continue;
      const isFailed = suffix === 'failed';
      files.push({ name, workspace, requests: Number(requests), bytes, keptAt: Number(keptAt), isFailed });
    }
    return files;
  }

  /** Undefined: another process has recorded it. */
  async read({ name }: SpoolFile): Promise<readonly string[] | undefined> {
    const text = await readFile(join(this.folder, name), 'utf8').catch(ifMissing);
    return text?.split('\n').filter((line) => line !== '');
  }

  /** Leaves nothing behind where it fails, e.g. as the disk is full. */
  async write(workspace: string, lines: readonly string[], suffix: Suffix = 'ndjson'): Promise<SpoolFile> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const nth = String((this.written += 1)).padStart(9, '0');
    const keptAt = Date.now();
    const start = `${keptAt.toString().padStart(15, '0')}-${nth}-${randomUUID()}`;
    const name = `${start}.${lines.length}.${workspace}.${suffix}`;
    const partial = join(this.folder, name + PARTIAL);
    const text = lines.map((line) => `${line}\n`).join('');
    try {
      await writeSynced(partial, text);
      await renameDurably(partial, join(this.folder, name));
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
    const bytes = Buffer.byteLength(text);
    return { name, workspace, requests: lines.length, bytes, keptAt, isFailed: suffix === 'failed' };
  }

  remove({ name }: SpoolFile): Promise<void> {
    return rm(join(this.folder, name), { force: true });
  }

  /** What a killed process was writing: it was never acknowledged. */
  async removeAbandoned(): Promise<void> {
    for (const name of await namesIn(this.folder)) {
      if (!name.endsWith(PARTIAL)) continue;
      const path = join(this.folder, name);
      const found = await stat(path).catch(ifMissing);
      if (found && Date.now() - found.mtimeMs > ABANDONED_MS) await rm(path, { force: true });
    }
  }

  private async sizeOf(name: string): Promise<number | undefined> {
    return (await stat(join(this.folder, name)).catch(ifMissing))?.size;
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

const namesIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder).catch(ifMissing)) ?? [];

function ifMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
