import { Backoff } from '../../backoff.js';
import type { EventStore } from '../../event-store/event-store.js';
import { isTransient, type RowWriter, type WrittenRows } from './fact-writer.js';
import { type Input, UnreadableInput } from './input.js';
import { type FileProgress, fromProgress, toProgress } from './progress-mark.js';
import { type FindRowEnd, type RowPosition, RowSplitter, type SourceRow } from './row-splitter.js';
import { Summary } from './summary.js';

/** What one write takes, as many as the log takes in one transaction. */
const BATCH = { rows: 1_000, bytes: 2 * 1024 * 1024 };
/** One is encoded while the other is committed. */
const IN_FLIGHT = 2;
const BACKOFF_MS = { first: 100, longest: 2_000 };
/** The log may be away for so long, in ms: a server restarts meanwhile. */
const PATIENCE_MS = 60_000;

export interface ImporterOptions {
  readonly store: Pick<EventStore, 'record' | 'progressOf'>;
  readonly writer: RowWriter;
  readonly findEnd: FindRowEnd;
  /** Names the file in the log's progress; undefined: it cannot be resumed. */
  readonly source: string | undefined;
  /** Begin at the start, whatever was imported before. */
  readonly restart: boolean;
  /** Where the first row begins. */
  readonly start?: RowPosition;
  readonly patienceMs?: number;
  /** Where this run begins, and after each batch. */
  readonly onProgress?: (progress: FileProgress) => void;
}

export interface Imported extends FileProgress {
  /** The line where this run began. */
  readonly resumedAt: number;
  /** False: all of it was imported by an earlier run. */
  readonly isNew: boolean;
}

/**
 * Takes the rows of one file to where they belong. Batches overlap, so the progress that is kept with one of them is that of
 * the last one before which all were kept: after a crash up to three batches are read again, and change nothing.
 */
export class Importer {
  #progress: FileProgress;
  #isRestarted = false;
  /** Of batches that were kept, beside the progress kept in the log. */
  readonly #inFlight: {
    readonly rows: readonly SourceRow[];
    readonly kept: Promise<WrittenRows>;
  }[] = [];

  constructor(private readonly options: ImporterOptions) {
    const { start = { offset: 0, line: 1 } } = options;
    this.#progress = { ...start, summary: new Summary(), isComplete: false };
  }

  /**
   * @param signal aborted: nothing further is read, and what is under way is finished
   * @throws UnreadableInput, StoreUnavailable: what came before is kept, and the next run goes on there
   */
  async run(input: Input, signal: AbortSignal): Promise<Imported> {
    const known = await this.#known();
    if (known) this.#progress = known;
    const resumedAt = known ? known.line : 1;
    if (this.#progress.isComplete) return { ...this.#progress, resumedAt, isNew: false };
    this.options.onProgress?.(this.#progress);
    const isComplete = await this.#importAll(input, signal).catch((error: unknown) => this.#abandon(error));
    this.#progress = { ...this.#progress, isComplete };
    await this.#saveProgress();
    return { ...this.#progress, resumedAt, isNew: true };
  }

  /** Keeps how far it came: before the batch that failed, whatever became of those after it. @throws the error */
  async #abandon(error: unknown): Promise<never> {
    await Promise.allSettled(this.#inFlight.map(({ kept }) => kept));
    await this.#saveProgress().catch(() => undefined);
    throw error;
  }

  async #known(): Promise<FileProgress | undefined> {
    const { source, store, restart } = this.options;
    const progress = source === undefined ? undefined : await store.progressOf(source);
    this.#isRestarted = restart && progress !== undefined;
    return progress && !restart ? fromProgress(progress) : undefined;
  }

  /** @returns whether the file was read to its end @throws UnreadableInput after what came before is kept */
  async #importAll(input: Input, signal: AbortSignal): Promise<boolean> {
    const splitter = new RowSplitter(this.options.findEnd, this.#progress);
    const waiting: SourceRow[] = [];
    const damage = await this.#readAll(input, splitter, waiting, signal).catch(ifUnreadable);
    if (!damage) for (const row of splitter.push(Buffer.alloc(0), true)) waiting.push(row);
    await this.#writeFull(waiting, signal);
    if (waiting.length > 0 && !signal.aborted) await this.#write(waiting);
    await this.#finish();
    if (damage && !signal.aborted) throw damage;
    return !signal.aborted;
  }

  /** @param waiting takes the rows that do not fill a batch */
  async #readAll(
    input: Input,
    splitter: RowSplitter,
    waiting: SourceRow[],
    signal: AbortSignal,
  ): Promise<void> {
    for await (const chunk of skipping(input.chunks(), this.#progress.offset)) {
      // One by one: as arguments of a call they would be too many.
      for (const row of splitter.push(chunk)) waiting.push(row);
      await this.#writeFull(waiting, signal);
      if (signal.aborted) return;
    }
  }

  /** Takes out the batches that are full, and writes them. */
  async #writeFull(rows: SourceRow[], signal: AbortSignal): Promise<void> {
    for (let end; !signal.aborted && (end = batchEnd(rows)) !== undefined;)
      await this.#write(rows.splice(0, end));
  }

  async #write(rows: readonly SourceRow[]): Promise<void> {
    const kept = this.#keep(rows);
    // It is awaited later, in turn.
    kept.catch(() => undefined);
    this.#inFlight.push({ rows, kept });
    if (this.#inFlight.length >= IN_FLIGHT) await this.#settleFirst();
  }

  async #keep(rows: readonly SourceRow[]): Promise<WrittenRows> {
    const { writer, patienceMs = PATIENCE_MS } = this.options;
    const giveUpAt = performance.now() + patienceMs;
    const backoff = new Backoff(BACKOFF_MS);
    for (;;) {
      try {
        return await writer.write(rows, this.#toProgress());
      } catch (error) {
        if (!isTransient(error) || performance.now() > giveUpAt) throw error;
      }
      await backoff.wait();
    }
  }

  /** The oldest batch under way is kept: so far the file is imported. */
  async #settleFirst(): Promise<void> {
    const first = this.#inFlight.shift();
    const last = first?.rows.at(-1);
    if (!first || !last) return;
    const { outcomes, rowOf } = await first.kept;
    const { summary } = this.#progress;
    for (const [index, outcome] of outcomes.entries()) summary.count(rowOf[index]?.line ?? 0, outcome);
    this.#progress = { ...last.next, summary, isComplete: false };
    this.options.onProgress?.(this.#progress);
  }

  async #finish(): Promise<void> {
    while (this.#inFlight.length > 0) await this.#settleFirst();
  }

  #toProgress() {
    const { source } = this.options;
    if (source === undefined || this.#progress.summary.rows === 0) return undefined;
    return toProgress(source, this.#progress, this.#isRestarted);
  }

  async #saveProgress(): Promise<void> {
    const progress = this.#toProgress();
    if (progress) await this.options.store.record([], progress);
  }
}

/** How many rows fill a batch; undefined: there are not enough. */
function batchEnd(rows: readonly SourceRow[]): number | undefined {
  let bytes = 0;
  for (const [at, row] of rows.entries()) {
    bytes += row.bytes.length;
    if (at + 1 >= BATCH.rows || bytes >= BATCH.bytes) return at + 1;
  }
  return undefined;
}

function ifUnreadable(error: unknown): UnreadableInput {
  if (error instanceof UnreadableInput) return error;
  throw error;
}

/** The chunks without their first bytes. */
async function* skipping(chunks: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes;
  for await (const chunk of chunks) {
    if (chunk.length > left) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}
