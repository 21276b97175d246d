import { type Metadata, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import type { Room } from './room.js';

/** Messages that one stream may have here at once, in bytes; a larger one comes alone. */
const STREAM_BYTES = 1024 * 1024;
/** Counted for a message beside its bytes: its buffer and its places in queues. */
const MESSAGE_BYTES = 256;

const costOf = (message: Buffer): number => message.length + MESSAGE_BYTES;

/**
 * The way of a stream's messages from the connection to their handler. A message comes in only when the stream and the
 * process have room for it; until then nothing more is read from the connection, and HTTP/2's flow control stops the client.
 */
export class Inlet {
  #held = 0;
  #ended = false;
  #roomier: (() => void) | undefined;

  constructor(private readonly room: Room) {}

  /** Calls `proceed` once there is room for the message. */
  admit(message: Buffer, proceed: () => void): void {
    const cost = costOf(message);
    if (this.#ended) proceed();
    else if (this.#fits(cost) && this.room.tryEnter(cost)) {
      this.#held += cost;
      proceed();
    } else void this.#waitFor(cost).then(proceed);
  }

  /** The handler is done with the message. */
  release(message: Buffer): void {
    if (this.#ended) return;
    this.#give(costOf(message));
  }

  /** The stream has ended, however it did. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#give(this.#held);
  }

  async #waitFor(cost: number): Promise<void> {
    while (!this.#fits(cost)) await new Promise<void>((resolve) => (this.#roomier = resolve));
    await this.room.enter(cost);
    if (this.#ended) this.room.leave(cost);
    else this.#held += cost;
  }

  #fits(cost: number): boolean {
    return this.#ended || this.#held === 0 || this.#held + cost <= STREAM_BYTES;
  }

  #give(cost: number): void {
    this.#held -= cost;
    this.room.leave(cost);
    this.#roomier?.();
    this.#roomier = undefined;
  }
}

/** The inlets of the streams under way, by the metadata of their calls. */
export type Inlets = WeakMap<Metadata, Inlet>;

/** Gives each client stream of the named method an inlet. */
export const inletsFor =
  (path: string, room: Room, inlets: Inlets): ServerInterceptor =>
  (method, call) => {
    if (method.path !== path) return new ServerInterceptingCall(call);
    const inlet = new Inlet(room);
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next({
          onReceiveMetadata: (metadata, forward) => {
            inlets.set(metadata, inlet);
            forward(metadata);
          },
          onReceiveMessage: (message: Buffer, forward) => {
            inlet.admit(message, () => {
              forward(message);
            });
          },
          // Also after a good end.
          onCancel: () => {
            inlet.end();
          },
        });
      },
    });
  };
