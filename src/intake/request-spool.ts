import { Logger } from '@nestjs/common';
import { StoreUnavailable } from '../event-store/event-store.js';
import { answerTo } from '../http/problem.filter.js';
import { type SpoolFile, SpoolFiles } from './spool-files.js';
import { SpoolUsage } from './spool-usage.js';

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

/** `refused`: there was no room, or it could not be written. `failed`: it cannot be recorded, ever. */
export type SpoolOutcome = 'kept' | 'refused' | 'recorded' | 'failed';

export interface SpoolOptions {
  readonly mostBytes?: number;
  readonly onOutcome?: (outcome: SpoolOutcome, requests: number) => void;
}

/** What the spool holds. */
export interface SpoolState {
  readonly requests: number;
  readonly failed: number;
  readonly bytes: number;
  /** Of the oldest request that waits to be recorded, in ms since 1970. */
  readonly oldestAt: number | undefined;
}

/** A click takes some 700 bytes: of one workspace, which may fill a half, this holds a third of a million. */
const MOST_BYTES = 512 * 1024 * 1024;
const EVERY_MS = 2_000;

interface Waiting {
  readonly workspace: string;
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Requests whose readers had to get on while the log was away, in files of the data folder, from which they are recorded once it
 * is back. What is recorded twice after a crash has the same message ids.
 */
export class RequestSpool {
  private readonly log = new Logger('spool');
  private readonly files: SpoolFiles;
  private readonly usage: SpoolUsage;
  private waiting: Waiting[] = [];
  private opened: Promise<void> | undefined;
  private writing: Promise<void> | undefined;
  private draining: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isStopping = false;

  constructor(
    folder: string,
    private readonly record: RecordSpooled,
    private readonly options: SpoolOptions = {},
  ) {
    this.files = new SpoolFiles(folder);
    this.usage = new SpoolUsage(options.mostBytes ?? MOST_BYTES);
  }

  start(): void {
    void this.drain();
    this.timer = setInterval(() => void this.drain(), EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.isStopping = true;
    await this.writing;
    await this.draining;
  }

  /** As this process knows it. */
  get state(): SpoolState {
    const sum = (files: readonly SpoolFile[]): number =>
      files.reduce((all, { requests }) => all + requests, 0);
    const files = this.usage.all;
    const ready = files.filter(({ isFailed }) => !isFailed);
    return {
      ...{ requests: sum(ready), failed: sum(files) - sum(ready), bytes: this.usage.bytes },
      oldestAt: ready.reduce<number | undefined>(
        (oldest, { keptAt }) => Math.min(oldest ?? keptAt, keptAt),
        undefined,
      ),
    };
  }

  /** Resolves once it is on the disk. @throws StoreUnavailable there is no room for more */
  async keep(request: SpooledRequest): Promise<void> {
    const { workspace } = request;
    const line = JSON.stringify(request);
    try {
      await (this.opened ??= this.open());
      if (!this.usage.reserve(workspace, sizeOf(line)))
        throw new StoreUnavailable('The spool of requests is full', 60);
      await new Promise<void>((resolve, reject) => {
        this.waiting.push({ workspace, line, resolve, reject });
        this.writing ??= this.writeAll();
      });
    } catch (error) {
      this.options.onOutcome?.('refused', 1);
      throw error;
    }
  }

  /** Records what is kept, the oldest of each workspace first, until the log is away again. */
  drain(): Promise<void> {
    return (this.draining ??= this.recordAll()
      .catch((error: unknown) => this.log.error(`${this.files.folder} cannot be recorded: ${String(error)}`))
      .finally(() => (this.draining = undefined)));
  }

  /** @throws StoreUnavailable */
  private async open(): Promise<void> {
    try {
      await this.files.removeAbandoned();
      await this.list();
    } catch (cause) {
      this.opened = undefined;
      throw new StoreUnavailable('The request cannot be kept', 5, { cause });
    }
  }

  private async list(): Promise<void> {
    const known = this.usage.all;
    this.usage.update(known, await this.files.list());
  }

  /** Those that come while files are written share the next ones. */
  private async writeAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = Map.groupBy(this.waiting, ({ workspace }) => workspace);
      this.waiting = [];
      for (const [workspace, waiting] of batch) await this.write(workspace, waiting);
    }
    // At once: whoever was resolved just now may come with the next one before anything else runs.
    this.writing = undefined;
  }

  private async write(workspace: string, waiting: readonly Waiting[]): Promise<void> {
    const lines = waiting.map(({ line }) => line);
    try {
      const file = await this.files.write(workspace, lines);
      this.usage.release(workspace, file.bytes);
      this.usage.add(file);
      this.options.onOutcome?.('kept', waiting.length);
      for (const { resolve } of waiting) resolve();
    } catch (cause) {
      this.log.error(`requests cannot be kept in ${this.files.folder}: ${String(cause)}`);
      for (const line of lines) this.usage.release(workspace, sizeOf(line));
      const error = new StoreUnavailable('The request cannot be kept', 5, { cause });
      for (const { reject } of waiting) reject(error);
    }
  }

  /** A file of each workspace in turn: none waits for all that another has. */
  private async recordAll(): Promise<void> {
    await (this.opened ??= this.open());
    await this.list();
    const ready = this.usage.all.filter(({ isFailed }) => !isFailed).toSorted(byName);
    const queues = Map.groupBy(ready, ({ workspace }) => workspace);
    while (queues.size > 0)
      for (const [workspace, files] of queues) {
        const file = files.shift();
        const status =
          file && (await this.recordFile(file).catch((error: unknown) => this.fileFault(file, error)));
        if (status === 503 || this.isStopping) return;
        if (!file || status === 429 || status === 500) queues.delete(workspace);
      }
  }

  /** A file that cannot be read, or removed, holds up its own workspace alone. */
  private fileFault({ name }: SpoolFile, error: unknown): 500 {
    this.log.error(`${name} cannot be recorded now: ${String(error)}`);
    return 500;
  }

  /** @returns the status that says why it is tried again later: 503, the log is away, or 429, this workspace is over a limit */
  private async recordFile(file: SpoolFile): Promise<number | undefined> {
    const lines = (await this.files.read(file)) ?? [];
    const failed: string[] = [];
    for (const line of lines) {
      try {
        await this.record(JSON.parse(line) as SpooledRequest);
      } catch (error) {
        if (isTemporary(error)) return answerTo(error).status;
        failed.push(line);
        this.log.error(`a request of ${file.name} cannot be recorded: ${String(error)}`);
      }
    }
    if (failed.length > 0) await this.leaveAside(file.workspace, failed);
    await this.files.remove(file);
    this.usage.remove(file);
    this.options.onOutcome?.('recorded', lines.length - failed.length);
    return undefined;
  }

  private async leaveAside(workspace: string, lines: readonly string[]): Promise<void> {
    this.usage.add(await this.files.write(workspace, lines, 'failed'));
    this.options.onOutcome?.('failed', lines.length);
  }
}

/** Whether the same request may be taken later: the log is away, or a limit is reached. */
export function isTemporary(error: unknown): boolean {
  const { status } = answerTo(error);
  return status === 503 || status === 429;
}

/** Of a line with its end. */
const sizeOf = (line: string): number => Buffer.byteLength(line) + 1;

const byName = (one: SpoolFile, other: SpoolFile): number => (one.name < other.name ? -1 : 1);
