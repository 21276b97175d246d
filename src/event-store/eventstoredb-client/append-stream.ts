import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { randomUUID } from 'node:crypto';
import { away } from './faults.js';
import { type AppendAnswer, uuid } from './messages.js';
import { Silence } from './silence.js';

interface Pending {
  readonly resolve: (answer: AppendAnswer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Appends under way on one `BatchAppend` call, each with its own answer. It ends when it breaks, and when appends are
 * under way and the server says nothing at all for too long.
 */
export class AppendStream {
  readonly #call: ClientDuplexStream<BatchAppendReq, BatchAppendResp>;
  readonly #ended: (error: Error) => void;
  readonly #pending = new Map<string, Pending>();
  readonly #silenceMs: number;
  #silence: NodeJS.Timeout | undefined;
  #why: Error | undefined;

  constructor(
    call: ClientDuplexStream<BatchAppendReq, BatchAppendResp>,
    silenceMs: number,
    ended: (error: Error) => void,
  ) {
    this.#call = call;
    this.#silenceMs = silenceMs;
    this.#ended = ended;
    call.on('data', (answer: AppendAnswer) => this.#take(answer));
    call.on('error', (error) => this.end(error));
    call.on('end', () => this.end(new Error('the server ended the stream of appends')));
  }

  send(request: BatchAppendReq): Promise<AppendAnswer> {
    if (this.#why) return Promise.reject(away(this.#why));
    const id = randomUUID();
    this.#silence ??= setTimeout(() => {
      this.end(new Silence(this.#silenceMs));
    }, this.#silenceMs);
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#call.write(request.setCorrelationId(uuid(id)));
    });
  }

  /** Nothing that is under way gets an answer any more. */
  end(error: Error): void {
    if (this.#why) return;
    this.#why = error;
    this.#hush();
    this.#call.cancel();
    this.#ended(error);
    for (const { reject } of this.#pending.values()) reject(away(error));
    this.#pending.clear();
  }

  #take(answer: AppendAnswer): void {
    const id = answer.getCorrelationId()?.getString() ?? '';
    this.#pending.get(id)?.resolve(answer);
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#hush();
    else this.#silence?.refresh();
  }

  #hush(): void {
    clearTimeout(this.#silence);
    this.#silence = undefined;
  }
}
