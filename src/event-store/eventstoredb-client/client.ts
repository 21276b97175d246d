import { type CallOptions, type Client, type Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import features from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import services from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventStoreDbAway, EventStoreDbUnusable } from '../eventstoredb-faults.js';
import { AppendStream } from './append-stream.js';
import { connect, type Connection } from './connection.js';
import { away, lastingReason, textOf, unusable } from './faults.js';
import {
  allFrom,
  eventOf,
  filterOf,
  identifier,
  type ReadAnswer,
  type ReadOptions,
  readRequest,
  requestOf,
  writtenOf,
} from './messages.js';
import { isSupported, needed } from './server-version.js';
import { Silence, unlessSilent } from './silence.js';
import type { Filter, ReadAll, ServerEvent, Watch, Write, Written } from './types.js';

const { FORWARDS, BACKWARDS } = streams.ReadReq.Options.ReadDirection;
const DEADLINE_MS = 5_000;
/**
 * The connection to EventStoreDB, and with its folder the only code that knows its client.
 *
 * From the client come the URL, TLS, credentials, the cluster's discovery and the way to a new leader. Appends and reads
 * are its generated services: its own `appendToStream` waits for ever for a silent server, rejects the appends of every
 * connection when one stream breaks and then throws, out of reach of any catch, on the answers that still come; and its
 * `readAll` cannot filter.
 */
export class EventStoreDbClient {
  readonly #url: string;
  readonly #deadlineMs: number;
  #client: Connection;
  #appends: Promise<AppendStream> | undefined;
  #closed = false;

  /** @throws EventStoreDbUnusable the URL cannot be read */
  constructor(url: string, deadlineMs = DEADLINE_MS) {
    this.#url = url;
    this.#deadlineMs = deadlineMs;
    this.#client = connect(url);
  }

  /** The server is given up on when it says nothing for so long. */
  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  /**
   * Asks the server whether it is one, which, and whether we may read. A server that is just starting is given a moment.
   *
   * @throws EventStoreDbUnusable
   */
  async check(): Promise<void> {
    const patience = Date.now() + this.#deadlineMs;
    for (;;) {
      try {
        const version = await this.#version();
        if (!isSupported(version))
          throw new EventStoreDbUnusable(unusable(`the server is of version ${version}; ${needed}`));
        await this.readAll({ from: 'end', backwards: true, limit: 1, filter: { streamPrefix: '$' } });
        return;
      } catch (error) {
        if (error instanceof EventStoreDbUnusable) throw error;
        const lasting = lastingReason(error);
        if (lasting !== undefined || Date.now() > patience)
          throw new EventStoreDbUnusable(unusable(lasting ?? textOf(error)), { cause: error });
        await sleep(200);
      }
    }
  }

  /**
   * All at once, each for itself.
   *
   * @throws EventStoreDbAway some have no answer: what became of them is not known
   * @throws TypeError what no server will ever take
   */
  async appendAll(writes: readonly Write[]): Promise<readonly Written[]> {
    const stream = await this.#appendStream();
    return Promise.all(writes.map(async (write) => writtenOf(write, await stream.send(requestOf(write)))));
  }

  /** From a revision on, at most `limit`; none when there is no such stream. @throws EventStoreDbAway */
  readStream(stream: string, revision: number, limit: number): Promise<ServerEvent[]> {
    const from = new streams.ReadReq.Options.StreamOptions();
    from.setStreamIdentifier(identifier(stream)).setRevision(String(revision));
    const options = new streams.ReadReq.Options().setStream(from).setNoFilter(new shared.Empty());
    return this.#read(options.setCount(String(limit)));
  }

  /** @throws EventStoreDbAway */
  readAll({ from, backwards = false, limit, filter }: ReadAll): Promise<ServerEvent[]> {
    const options = new streams.ReadReq.Options().setAll(allFrom(from)).setFilter(filterOf(filter, limit));
    return this.#read(options.setReadDirection(backwards ? BACKWARDS : FORWARDS).setCount(String(limit)));
  }

  /** Calls back with the position of each event from now on. */
  watch(filter: Filter, found: (position: bigint) => void): Watch {
    const stopped = new AbortController();
    const started = Promise.withResolvers<undefined>();
    started.promise.catch(() => undefined);
    const ended = this.#listen(filter, found, stopped.signal, () => started.resolve(undefined)).catch(
      (error: unknown) => {
        started.reject(away(error));
      },
    );
    return {
      started: started.promise,
      ended,
      stop() {
        stopped.abort();
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    const appends = await this.#appends?.catch(() => undefined);
    appends?.end(new EventStoreDbAway('the connection is being closed'));
    await this.#drop(this.#client);
  }

  async #listen(
    filter: Filter,
    found: (position: bigint) => void,
    stopped: AbortSignal,
    started: () => void,
  ): Promise<void> {
    const options = new streams.ReadReq.Options().setAll(allFrom('end')).setFilter(filterOf(filter, 0));
    options.setSubscription(new streams.ReadReq.Options.SubscriptionOptions());
    await this.#call(async (stub, args) => {
      const call = stub.read(readRequest(options), ...args({ deadline: Infinity }));
      const cancel = (): void => call.cancel();
      const unconfirmed = setTimeout(cancel, this.#deadlineMs);
      stopped.addEventListener('abort', cancel);
      if (stopped.aborted) cancel();
      try {
        for await (const response of call as AsyncIterable<ReadAnswer>) {
          if (response.hasConfirmation()) {
            clearTimeout(unconfirmed);
            started();
          }
          const position = response.getEvent()?.getCommitPosition();
          if (position) found(BigInt(position));
        }
      } finally {
        clearTimeout(unconfirmed);
        stopped.removeEventListener('abort', cancel);
      }
    });
  }

  #read(options: ReadOptions): Promise<ServerEvent[]> {
    return this.#call(async (stub, args) => {
      const call = stub.read(readRequest(options), ...args({ deadline: Infinity }));
      const events: ServerEvent[] = [];
      await unlessSilent(call, this.#deadlineMs, (response) => {
        const record = response.getEvent()?.getEvent();
        if (record) events.push(eventOf(record));
      });
      return events;
    });
  }

  /** A call that fails may cost the connection; that of a cluster goes to the leader that is then. */
  async #call<T>(
    call: (stub: StreamsClient, args: (options: CallOptions) => [Metadata, CallOptions]) => Promise<T>,
  ): Promise<T> {
    const client = this.#client;
    let stub: StreamsClient | undefined;
    try {
      stub = await client.getGRPCClient(services.StreamsClient, 'streams');
      return await call(stub, (options) => client.callArguments({ requiresLeader: true }, options));
    } catch (error) {
      if (stub) this.#fault(client, stub, error);
      throw away(error);
    }
  }

  /** The client's own way of coming to terms; its promise may reject for nobody to catch. */
  #fault(client: Connection, stub: Client, error: unknown): void {
    const { code } = error as Partial<ServiceError>;
    if (error instanceof Silence || code === status.DEADLINE_EXCEEDED) this.#renew(client);
    else if (error instanceof Error) client.handleError(stub, error).catch(() => undefined);
  }

  /** A server that is silent may be so on this connection only, or be the wrong node by now. */
  #renew(client: Connection): void {
    if (this.#closed || this.#client !== client) return;
    this.#client = connect(this.#url);
    void this.#drop(client);
  }

  async #drop(client: Connection): Promise<void> {
    const stub = await client.getGRPCClient(services.StreamsClient, 'streams').catch(() => undefined);
    stub?.close();
  }

  /** One stream carries the appends of this connection; a broken one is followed by another. */
  #appendStream(): Promise<AppendStream> {
    if (this.#closed) return Promise.reject(new EventStoreDbAway('the connection is closed'));
    if (this.#appends) return this.#appends;
    const client = this.#client;
    const forget = (): void => {
      if (this.#appends === opening) this.#appends = undefined;
    };
    const opening = this.#call((stub, args) => {
      const call = stub.batchAppend(...args({ deadline: Infinity }));
      const stream = new AppendStream(call, this.#deadlineMs, (error) => {
        forget();
        this.#fault(client, stub, error);
      });
      return Promise.resolve(stream);
    });
    opening.catch(forget);
    return (this.#appends = opening);
  }

  async #version(): Promise<string> {
    const client = this.#client;
    const stub = await client.getGRPCClient(features.ServerFeaturesClient, 'features');
    const [metadata, options] = client.callArguments(
      { requiresLeader: false },
      { deadline: Date.now() + this.#deadlineMs },
    );
    return new Promise((resolve, reject) => {
      stub.getSupportedMethods(new shared.Empty(), metadata, options, (error, methods) => {
        if (error) {
          this.#fault(client, stub, error);
          reject(error);
        } else resolve(methods.getEventStoreServerVersion());
      });
    });
  }
}
