import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Problem } from '../problem.js';
import type { Reservation } from './byte-budget.js';

/**
 * The largest request body, in bytes, where a route has no larger limit of its own. The collectors read up to it, so that one over
 * its format's limit can still be kept.
 */
export const BODY_LIMIT = 1024 * 1024;

/** A body has to come at this rate in every window; half-sent ones hold memory. Kestrel and Apache ask for as little. */
const WINDOW_MS = 5_000;
const WINDOW_BYTES = 1_200;
/** Pieces may be this small on average, in bytes, once there are so many: each costs as much as a large one. */
const PIECE_BYTES = 16;
const PIECES = 1_000;

/** What Node reads of a body before anybody asks for it, in bytes. */
const UNASKED_BYTES = 65_536;

export class BodyTooLarge extends Problem {
  constructor(readonly sentBytes: number) {
    super(413, 'too-large', 'The request body is over the limit of 1 MB');
  }
}

/** The client left in the middle of its body: there is nobody to answer. */
export class ClientGone extends Problem {
  constructor() {
    super(400, 'client-gone', 'The connection ended in the middle of the body');
  }
}

const tooSlow = (): Problem =>
  new Problem(
    408,
    'request-timeout',
    `The body came at less than ${WINDOW_BYTES} bytes in ${WINDOW_MS / 1_000} s`,
    [],
    {
      connection: 'close',
    },
  );
const tooFragmented = (): Problem =>
  new Problem(400, 'unreadable-body', `The body came in pieces of less than ${PIECE_BYTES} bytes`, [], {
    connection: 'close',
  });

/** Bytes of the body that may be in memory before it is read: all of a small one. */
export function unaskedBytes(headers: IncomingHttpHeaders): number {
  if (headers['transfer-encoding'] !== undefined) return UNASKED_BYTES;
  return Math.min(Number(headers['content-length'] ?? 0), UNASKED_BYTES);
}

/**
 * Reads the body of a request, of which `unaskedBytes` are reserved already.
 *
 * @param limit of its bytes
 * @throws BodyTooLarge, OverBudget, ClientGone, Problem 408 or 400 too slow, or in too small pieces
 */
export function readBody(
  request: IncomingMessage,
  reservation: Reservation,
  limit = BODY_LIMIT,
): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > limit) return Promise.reject(new BodyTooLarge(declared));
  if (request.destroyed) return Promise.reject(new ClientGone());
  const body = new BodyBuffer(reservation, unaskedBytes(request.headers), declared || limit);
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearInterval(timer);
      request.off('data', append).off('end', end).off('error', gone).off('close', gone);
    };
    const fail = (error: unknown): void => {
      stop();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    const append = (piece: Buffer): void => {
      try {
        body.append(piece);
      } catch (error) {
        fail(error);
      }
    };
    const end = (): void => {
      stop();
      resolve(body.bytes);
    };
    const gone = (): void => fail(new ClientGone());
    const timer = setInterval(() => {
      if (body.endWindow() < WINDOW_BYTES) fail(tooSlow());
    }, WINDOW_MS);
    request.on('data', append).on('end', end).on('error', gone).on('close', gone);
  });
}

/** One buffer for all pieces: a piece of its own costs a hundred bytes, however small it is. */
class BodyBuffer {
  #buffer: Buffer = Buffer.alloc(0);
  #length = 0;
  #pieces = 0;
  #seen = 0;

  constructor(
    private readonly reservation: Reservation,
    private reserved: number,
    /** Bytes there will be at most. */
    private readonly most: number,
  ) {}

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** @throws BodyTooLarge, OverBudget, Problem 400 */
  append(piece: Buffer): void {
    this.#pieces += 1;
    const length = this.#length + piece.length;
    if (length > this.most) throw new BodyTooLarge(length);
    if (this.#pieces > PIECES && length < this.#pieces * PIECE_BYTES) throw tooFragmented();
    if (this.#pieces === 1) {
      this.#reserve(length);
      this.#buffer = piece;
    } else {
      // The first piece is not ours to write to.
      if (this.#pieces === 2 || length > this.#buffer.length) this.#widen(length);
      piece.copy(this.#buffer, this.#length);
    }
    this.#length = length;
  }

  /** Bytes that came since the last call. */
  endWindow(): number {
    const came = this.#length - this.#seen;
    this.#seen = this.#length;
    return came;
  }

  #widen(length: number): void {
    const size = Math.max(length, Math.min(this.most, 2 * this.#length));
    this.#reserve(size);
    const wider = Buffer.allocUnsafeSlow(size);
    this.#buffer.copy(wider, 0, 0, this.#length);
    this.#buffer = wider;
  }

  #reserve(bytes: number): void {
    if (bytes <= this.reserved) return;
    this.reservation.grow(bytes - this.reserved);
    this.reserved = bytes;
  }
}
