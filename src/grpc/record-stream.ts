import type { ServerReadableStream } from '@grpc/grpc-js';
import { setImmediate } from 'node:timers/promises';
import { Problem } from '../http/problem.js';
import type { CallFlowControl } from './call-flow-control.js';
import {
  type Collecting,
  decodeMessages,
  ingestMessages,
  type Sender,
  tooManyInStream,
} from './record-messages.js';

/** Touchpoints of one stream at most: its one answer has a receipt for each, and clients take answers of 4 MB. */
export const STREAM_ITEMS = 25_000;
/** Messages that are appended together, in bytes, unless one has more: about a thousand touchpoints, a transaction of the log. */
const BATCH_BYTES = 320 * 1024;

export type RecordCall = ServerReadableStream<Buffer, Buffer>;

/** One call of RecordStream: gathers messages while those before are being appended, one append after the other. */
export class RecordStream {
  private readonly queue: Buffer[] = [];
  private ended = false;
  private broken: Error | undefined;
  private wake: (() => void) | undefined;
  private items = 0;
  private readonly receipts: Uint8Array[] = [];

  /** @param stopping aborts when the server ends and the stream has had its time */
  constructor(
    private readonly deps: Collecting,
    private readonly call: RecordCall,
    private readonly flow: CallFlowControl,
    private readonly stopping: AbortSignal,
  ) {}

  /**
   * Ingests all that comes and resolves to the encoded answer.
   *
   * @throws Problem, OverBudget, StoreUnavailable: what was recorded by then stays in the log
   */
  async run(sender: Sender): Promise<Uint8Array> {
    const stop = (): void => this.break(stoppingProblem());
    this.stopping.addEventListener('abort', stop);
    try {
      this.listen();
      while (await this.more()) await this.ingestSome(sender);
      return Buffer.concat(this.receipts);
    } finally {
      // The signal outlives the stream, and would hold it in memory.
      this.stopping.removeEventListener('abort', stop);
    }
  }

  private listen(): void {
    const { call } = this;
    call.on('data', (message: Buffer) => {
      this.queue.push(message);
      this.wake?.();
    });
    call.on('end', () => {
      this.ended = true;
      this.wake?.();
    });
    call.on('error', (error) => this.break(error));
    call.on('cancelled', () => this.break(new Error('the client left')));
  }

  /** Ends the stream with its first error. */
  private break(error: Error): void {
    this.broken ??= error;
    this.wake?.();
  }

  /** Resolves once a message is there, to false when none will come. */
  private async more(): Promise<boolean> {
    for (;;) {
      if (this.broken) throw this.broken;
      if (this.queue.length > 0) return true;
      if (this.ended) return this.isOver();
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  /** A stream that is cut off ends too, a moment before the library tells that it was. */
  private async isOver(): Promise<false> {
    await setImmediate();
    if (this.broken) throw this.broken;
    return false;
  }

  private async ingestSome(sender: Sender): Promise<void> {
    const messages = this.nextMessages();
    const bytes = messages.reduce((sum, { length }) => sum + length, 0);
    const { inFlight } = this.deps;
    await inFlight.acquire(bytes);
    try {
      this.keepReceipts(await this.ingest(sender, messages));
    } finally {
      inFlight.release(bytes);
    }
    for (const message of messages) this.flow.release(message);
  }

  private ingest(sender: Sender, messages: readonly Buffer[]): Promise<Uint8Array> {
    const decoded = decodeMessages(sender.method, messages);
    this.items += decoded.items.length;
    if (this.items > STREAM_ITEMS) throw tooManyInStream(STREAM_ITEMS);
    return ingestMessages(this.deps, sender, decoded);
  }

  private nextMessages(): readonly Buffer[] {
    let count = 0;
    for (let bytes = 0; count < this.queue.length && bytes < BATCH_BYTES; count += 1)
      bytes += this.queue[count]?.length ?? 0;
    return this.queue.splice(0, count);
  }

  private keepReceipts(receipts: Uint8Array): void {
    this.flow.reservation.grow(receipts.length);
    this.receipts.push(receipts);
  }
}

const stoppingProblem = (): Problem =>
  new Problem(503, 'stopping', 'The server is stopping; send all again', [], { 'retry-after': '1' });
