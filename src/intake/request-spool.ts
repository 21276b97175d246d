import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreUnavailable } from '../event-store/event-store.js';
import { answerTo } from '../http/problem.filter.js';

/** A request that was answered before it could be recorded. */
export interface SpooledRequest {
  readonly workspace: string;
  readonly collector: string;
  readonly collectorId: string;
  readonly format: string;
  readonly call: string;
  /** RFC 3339. */
  readonly receivedAt: string;
  readonly items: readonly unknown[];
}

/** @throws StoreUnavailable, QuotaExceeded: it is tried again later */
export type RecordSpooled = (request: SpooledRequest) => Promise<void>;

/** A click takes some 700 bytes: this is a third of a million of them. */
const MOST_BYTES = 256 * 1024 * 1024;
const EVERY_MS = 2_000;

interface Waiting {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Requests whose readers had to get on while the log was away, in files of the data folder, from which they are recorded once it
 * is back. A file is written whole and never changed: what is recorded twice after a crash has the same message ids.
 */
export class RequestSpool {
  private readonly log = new Logger('spool');
  private waiting: Waiting[] = [];
  private bytes = 0;
  /** Written so far: several within a millisecond are in their order, too. */
  private files = 0;
  private writing: Promise<void> | undefined;
  private draining: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly folder: string,
    private readonly record: RecordSpooled,
    private readonly mostBytes = MOST_BYTES,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.drain(), EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.writing;
    await this.draining;
  }

  /** Resolves once it is on the disk. @throws StoreUnavailable there is no room for more */
  keep(request: SpooledRequest): Promise<void> {
    const line = `${JSON.stringify(request)}\n`;
    if (this.bytes + line.length > this.mostBytes)
      return Promise.reject(new StoreUnavailable('The spool of requests is full', 60));
    this.bytes += line.length;
    return new Promise((resolve, reject) => {
      this.waiting.push({ line, resolve, reject });
      this.writing ??= this.writeAll();
    });
  }

  /** Records what is kept, the oldest first, until the log is away again. */
  drain(): Promise<void> {
    return (this.draining ??= this.recordAll().finally(() => (this.draining = undefined)));
  }

  /** Those that come while a file is written share the next one. */
  private async writeAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      try {
        await this.write(batch.map(({ line }) => line).join(''));
        for (const { resolve } of batch) resolve();
      } catch (cause) {
        this.log.error(`requests cannot be kept in ${this.folder}: ${String(cause)}`);
        const error = new StoreUnavailable('The request cannot be kept', 5, { cause });
        for (const { reject } of batch) reject(error);
      }
    }
    // At once: whoever was resolved just now may come with the next one before anything else runs.
    this.writing = undefined;
  }

  private async write(text: string): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const nth = String((this.files += 1)).padStart(9, '0');
    const path = join(this.folder, `${Date.now().toString().padStart(15, '0')}-${nth}-${randomUUID()}`);
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(path, `${path}${READY}`);
  }

  private async recordAll(): Promise<void> {
    const names = await readyFiles(this.folder);
    this.bytes = await sizeOf(names.map((name) => join(this.folder, name)));
    for (const name of names) if (!(await this.recordFile(join(this.folder, name)))) return;
  }

  /** @returns false: the log is away */
  private async recordFile(path: string): Promise<boolean> {
    try {
      const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
      for (const line of lines) await this.record(JSON.parse(line) as SpooledRequest);
      await unlink(path);
      return true;
    } catch (error) {
      if (isTemporary(error)) return false;
      // Another process may have recorded it.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
      this.log.error(`${path} cannot be recorded and is left: ${String(error)}`);
      await rename(path, path.replace(READY, '.failed'));
      return true;
    }
  }
}

const READY = '.ndjson';

/** Whether the same request may be taken later: the log is away, or a limit is reached. */
export function isTemporary(error: unknown): boolean {
  const { status } = answerTo(error);
  return status === 503 || status === 429;
}

async function readyFiles(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith(READY)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function sizeOf(paths: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const path of paths) bytes += (await stat(path).catch(() => undefined))?.size ?? 0;
  return bytes;
}
