import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { ServerHttp2Stream } from 'node:http2';
import type { Reservation } from '../http/admission/byte-budget.js';
import { Problem } from '../http/problem.js';
import { Concurrency } from '../intake/concurrency.js';
import { MessageFraming, PREFIX_BYTES } from './message-framing.js';
import { statusOfError } from './status.js';

/** Messages that one call may have here at once, in bytes; a larger one comes alone. */
const CALL_BYTES = 1024 * 1024;
/** Counted for a message beside its bytes: its buffer and its places in queues. */
const MESSAGE_BYTES = 256;
/** A piece of a message keeps all of the 64 KB that Node read from the connection with it, and other pieces with that. */
const PIECE_BYTES = 65_536;
/** A message comes in pieces of this size, in bytes, if not in larger ones: the frames of HTTP/2. */
const FRAME_BYTES = 16_384;
/** Something of a message that has begun has to come within this time, in ms. */
const STALL_MS = 10_000;

const costOf = (message: Buffer): number => message.length + MESSAGE_BYTES;

/**
 * grpc-js keeps the pieces of a message that has not come whole, and inflates messages, without telling anybody. What it
 * holds can be counted by its HTTP/2 stream and by its method that inflates alone; both are private to it.
 */
interface Internals {
  readonly stream: ServerHttp2Stream;
  decompressMessage(message: Buffer, encoding: string): Buffer | Promise<Buffer>;
}

const stalled = (): Problem =>
  new Problem(503, 'request-timeout', 'A message did not come whole in time', [], { 'retry-after': '1' });

const inflating = new Concurrency(2);

/**
 * The bytes of a call's messages, from the connection to their handler. They are reserved as they come. Where there is no
 * room, nothing more is read from the stream, and HTTP/2's flow control stops the client.
 */
export class CallFlowControl {
  readonly #stream: ServerHttp2Stream;
  readonly #framing = new MessageFraming();
  /** Bytes that came and are of no message that was delivered, and the pieces they came in. */
  #arrived = 0;
  #pieces = 0;
  /** Bytes of the messages that have begun and were not delivered. */
  #expected = 0;
  /** What is reserved for those. */
  #reserved = 0;
  /** Bytes of messages that the handler has not released. */
  #held = 0;
  #reserving: Promise<void> | undefined;
  #wakeDelivery: (() => void) | undefined;
  #delivering = false;
  #ended = false;
  #working = false;
  #stalled: NodeJS.Timeout | undefined;

  #reservation: Reservation | undefined;
  #atEnd: () => void = () => undefined;

  /** @param refuse ends the call */
  constructor(
    call: ServerInterceptingCallInterface,
    private readonly refuse: (error: unknown) => void,
  ) {
    const internals = call as unknown as Internals;
    this.#stream = internals.stream;
    this.#stream.on('data', (piece: Buffer) => this.#countPiece(piece));
    const decompress = internals.decompressMessage.bind(call);
    internals.decompressMessage = (message, encoding) =>
      encoding === 'identity'
        ? decompress(message, encoding)
        : inflating.run(async () => this.#inflated(message, await decompress(message, encoding)));
  }

  /** Before anything is read of the call. */
  begin(reservation: Reservation): void {
    this.#reservation = reservation;
  }

  /** @throws Error the call has not begun */
  get reservation(): Reservation {
    if (!this.#reservation) throw new Error('a call reads before it is admitted');
    return this.#reservation;
  }

  /** Calls `release` when the call has ended. */
  atEnd(release: () => void): void {
    if (this.#ended) release();
    else this.#atEnd = release;
  }

  /** Calls `proceed` once the call has room for another message. */
  deliver(message: Buffer, proceed: () => void): void {
    this.#delivering = true;
    void this.#whenBelowLimit(costOf(message)).then(() => {
      this.#delivering = false;
      if (!this.#ended) this.#hold(message);
      proceed();
    });
  }

  /** The handler is done with the message. */
  release(message: Buffer): void {
    this.#held -= costOf(message);
    this.reservation.shrink(costOf(message));
    this.#wakeDelivery?.();
  }

  /** The call has ended, however it did. What its handler holds is given back when that has ended, too. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#stalled);
    this.#wakeDelivery?.();
    this.#atEnd();
    if (!this.#working) this.#reservation?.release();
  }

  /** Runs the handler of the call, which holds its messages even when its client has left. */
  async handle<T>(work: () => Promise<T>): Promise<T> {
    this.#working = true;
    try {
      return await work();
    } finally {
      this.#working = false;
      if (this.#ended) this.reservation.release();
    }
  }

  /** All of a message is reserved when it begins: calls that had a half of it each would wait for one another. */
  #countPiece(piece: Buffer): void {
    if (this.#ended) return;
    this.#arrived += piece.length;
    this.#pieces += 1;
    this.#expected += this.#framing.begunIn(piece);
    this.#watchForStall();
    const more = this.#needed - this.#reserved;
    if (more <= 0) return;
    this.#reserved += more;
    if (this.reservation.tryGrow(more)) return;
    this.#stream.pause();
    const room = (this.#reserving ?? Promise.resolve()).then(() => this.reservation.growWhenPossible(more));
    this.#reserving = room.then(
      () => {
        this.#reserving = undefined;
        if (!this.#ended && !this.#delivering) this.#stream.resume();
      },
      (error: unknown) => this.refuse(error),
    );
  }

  /**
   * Memory of what was not delivered: of the pieces that are to come, or of those that came where a client sends smaller ones.
   * Twice as many are usual, as reading cuts frames in two.
   */
  get #needed(): number {
    const pieces = Math.ceil(this.#expected / FRAME_BYTES);
    return (this.#pieces > 2 * pieces ? this.#pieces : pieces) * PIECE_BYTES;
  }

  #watchForStall(): void {
    clearTimeout(this.#stalled);
    this.#stalled = setTimeout(() => this.#stall(), STALL_MS).unref();
  }

  /** While the handler is busy the stream is paused: then it is not the client that stalls. */
  #stall(): void {
    if (this.#ended || this.#arrived === 0) return;
    if (this.#delivering || (this.#reserving === undefined && this.#stream.isPaused())) this.#watchForStall();
    else this.refuse(stalled());
  }

  async #whenBelowLimit(cost: number): Promise<void> {
    await this.#reserving;
    while (!this.#ended && this.#held > 0 && this.#held + cost > CALL_BYTES)
      await new Promise<void>((resolve) => (this.#wakeDelivery = resolve));
  }

  /** What was reserved for its pieces is given back, but for the last one, which may hold the beginning of the next message. */
  #hold(message: Buffer): void {
    const bytes = message.length + PREFIX_BYTES;
    this.#arrived = Math.max(0, this.#arrived - bytes);
    this.#expected = Math.max(0, this.#expected - bytes);
    this.#pieces = Math.min(this.#pieces, Math.ceil(this.#arrived / FRAME_BYTES));
    const reserved = Math.min(this.#reserved, this.#needed);
    const more = costOf(message) + reserved - this.#reserved;
    this.#held += costOf(message);
    this.#reserved = reserved;
    try {
      if (more > 0) this.reservation.grow(more);
      else this.reservation.shrink(-more);
    } catch (error) {
      this.#held -= costOf(message);
      this.refuse(error);
    }
  }

  #inflated(message: Buffer, inflated: Buffer): Buffer | Promise<Buffer> {
    const more = inflated.length + PREFIX_BYTES - message.length;
    try {
      this.reservation.grow(more);
    } catch (error) {
      // What the library ends the call with.
      return Promise.reject(Object.assign(new Error(), statusObject(error)));
    }
    this.#arrived += more;
    this.#expected += more;
    this.#reserved += more;
    return inflated;
  }
}

/** An error as the status that ends a call. */
export function statusObject(error: unknown): Parameters<ServerInterceptingCallInterface['sendStatus']>[0] {
  const { code, details, metadata } = statusOfError(error);
  return { code, details, metadata };
}
