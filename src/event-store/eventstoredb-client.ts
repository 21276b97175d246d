import {
  type CallOptions,
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  type Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { AccessDeniedError, convertToCommandError, EventStoreDBClient } from '@eventstore/db-client';
import type { BatchAppendReq, BatchAppendResp, ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import features from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import services from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventStoreDbAway, EventStoreDbUnusable } from './eventstoredb-faults.js';

export interface ServerEvent {
  readonly stream: string;
  /** From 0. */
  readonly revision: number;
  /** Of its record in `$all`. */
  readonly position: bigint;
  readonly id: string;
  readonly type: string;
  readonly created: Date;
  /** JSON; undefined: something else was written there. */
  readonly data: string | undefined;
  readonly metadata: string;
}

export interface ProposedEvent {
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

/** One append, all of it or nothing. */
export interface Write {
  readonly stream: string;
  /** The revision the stream is at, -1: it is not there yet. */
  readonly expected: number;
  readonly events: readonly ProposedEvent[];
}

/** The position is that of the last event, and only told by some servers when the append had been applied before. */
export type Written =
  { readonly kind: 'appended'; readonly position: bigint } | { readonly kind: 'wrong-version' };

/** What of `$all` is wanted, decided on the server. */
export type Filter = { readonly streamPrefix: string } | { readonly types: readonly string[] };

export interface ReadAll {
  /** A position must be that of a record. Forwards its record is included, backwards it is not. */
  readonly from: bigint | 'start' | 'end';
  readonly backwards?: boolean;
  readonly limit: number;
  readonly filter: Filter;
}

export interface Watch {
  /** Resolves when everything from now on is heard of. Rejects EventStoreDbAway. */
  readonly started: Promise<void>;
  /** Resolves when nothing is heard of any more. */
  readonly ended: Promise<void>;
  stop(): void;
}

const { FORWARDS, BACKWARDS } = streams.ReadReq.Options.ReadDirection;
const DEADLINE_MS = 5_000;
/** Positions of events read from streams are told since 22.6; the first release for years after it. */
const OLDEST = [22, 10] as const;
/** Records looked at in one go by a filtered read; must be more than are asked for. */
const SEARCH_WINDOW = 1_000;

/** Its own parts that the client's types keep to itself. */
interface Internals {
  getGRPCClient<C extends Client>(type: abstract new (...args: never[]) => C, name: string): Promise<C>;
  handleError(client: Client, error: Error): Promise<void>;
  callArguments(options: { requiresLeader: boolean }, callOptions: CallOptions): [Metadata, CallOptions];
}

/**
 * The connection to EventStoreDB, and the only file that knows its client.
 *
 * From the client come the URL, TLS, credentials, the cluster's discovery and the way to a new leader. Appends and reads
 * are its generated services: its own `appendToStream` waits for ever for a silent server, rejects the appends of every
 * connection when one stream breaks and then throws, out of reach of any catch, on the answers that still come; and its
 * `readAll` cannot filter.
 */
export class EventStoreDbClient {
  readonly #url: string;
  readonly #deadlineMs: number;
  #client: Internals;
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
        const lasting = reasonThatStays(error);
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

  /** Tells of the events that come from now on. */
  watch(filter: Filter, heard: (position: bigint) => void): Watch {
    const stopped = new AbortController();
    const started = Promise.withResolvers<undefined>();
    started.promise.catch(() => undefined);
    const ended = this.#listen(filter, heard, stopped.signal, () => started.resolve(undefined)).catch(
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
    heard: (position: bigint) => void,
    stopped: AbortSignal,
    started: () => void,
  ): Promise<void> {
    const options = new streams.ReadReq.Options().setAll(allFrom('end')).setFilter(filterOf(filter, 0));
    options.setSubscription(new streams.ReadReq.Options.SubscriptionOptions());
    await this.#call(async (stub, args) => {
      const call = stub.read(withUuids(options), ...args({ deadline: Infinity }));
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
          if (position) heard(BigInt(position));
        }
      } finally {
        clearTimeout(unconfirmed);
        stopped.removeEventListener('abort', cancel);
      }
    });
  }

  #read(options: InstanceType<typeof streams.ReadReq.Options>): Promise<ServerEvent[]> {
    return this.#call(async (stub, args) => {
      const call = stub.read(withUuids(options), ...args({ deadline: Infinity }));
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
  #fault(client: Internals, stub: Client, error: unknown): void {
    const { code } = error as Partial<ServiceError>;
    if (error instanceof Silence || code === status.DEADLINE_EXCEEDED) this.#renew(client);
    else if (error instanceof Error) client.handleError(stub, error).catch(() => undefined);
  }

  /** A server that is silent may be so on this connection only, or be the wrong node by now. */
  #renew(client: Internals): void {
    if (this.#closed || this.#client !== client) return;
    this.#client = connect(this.#url);
    void this.#drop(client);
  }

  async #drop(client: Internals): Promise<void> {
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

/** The server holds the connection and says nothing. */
class Silence extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
  }
}

type ReadAnswer = InstanceType<typeof streams.ReadResp>;

/** Takes the answers of a call as long as they come. @throws Silence, or what broke the call */
async function unlessSilent(
  call: ClientReadableStream<ReadAnswer>,
  ms: number,
  take: (answer: ReadAnswer) => void,
): Promise<void> {
  let silence: Silence | undefined;
  const late = setTimeout(() => {
    silence = new Silence(ms);
    call.cancel();
  }, ms);
  try {
    for await (const answer of call as AsyncIterable<ReadAnswer>) {
      late.refresh();
      take(answer);
    }
  } catch (error) {
    throw silence ?? error;
  } finally {
    clearTimeout(late);
  }
}

type Answer = InstanceType<typeof streams.BatchAppendResp>;
interface Pending {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Appends under way on one `BatchAppend` call, each with its own answer. It ends when it breaks, and when appends are
 * under way and the server says nothing at all for too long.
 */
class AppendStream {
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
    call.on('data', (answer: Answer) => this.#take(answer));
    call.on('error', (error) => this.end(error));
    call.on('end', () => this.end(new Error('the server ended the stream of appends')));
  }

  send(request: BatchAppendReq): Promise<Answer> {
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

  #take(answer: Answer): void {
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

function requestOf({ stream, expected, events }: Write): BatchAppendReq {
  const options = new streams.BatchAppendReq.Options().setStreamIdentifier(identifier(stream));
  if (expected < 0) options.setNoStream(new shared.Empty());
  else options.setStreamPosition(String(expected));
  const request = new streams.BatchAppendReq().setOptions(options).setIsFinal(true);
  return request.setProposedMessagesList(events.map(proposed));
}

function proposed({ id, type, data, metadata }: ProposedEvent) {
  const message = new streams.BatchAppendReq.ProposedMessage().setId(uuid(id));
  message.getMetadataMap().set('type', type);
  message.getMetadataMap().set('content-type', 'application/json');
  return message.setData(Buffer.from(data)).setCustomMetadata(Buffer.from(metadata));
}

/** @throws EventStoreDbAway, TypeError */
function writtenOf({ stream, events }: Write, answer: Answer): Written {
  const success = answer.getSuccess();
  if (success) return { kind: 'appended', position: BigInt(success.getPosition()?.getCommitPosition() ?? 0) };
  const error = answer.getError();
  const why = error?.getDetails()?.getTypeName().split('.').at(-1);
  if (why === 'WrongExpectedVersion') return { kind: 'wrong-version' };
  if (why === 'MaximumAppendSizeExceeded')
    throw new TypeError(
      `${events.length} events for ${stream} are more than EventStoreDB takes in one append (MaxAppendSize)`,
    );
  if (why === 'StreamDeleted') throw new TypeError(`stream ${stream} was deleted in EventStoreDB`);
  if (why === 'BadRequest') throw new TypeError(`EventStoreDB refuses: ${error?.getMessage()}`);
  throw new EventStoreDbAway(`EventStoreDB did not append: ${error?.getMessage() || why}`);
}

function allFrom(from: bigint | 'start' | 'end') {
  const options = new streams.ReadReq.Options.AllOptions();
  if (from === 'start') return options.setStart(new shared.Empty());
  if (from === 'end') return options.setEnd(new shared.Empty());
  const position = new streams.ReadReq.Options.Position();
  return options.setPosition(position.setCommitPosition(String(from)).setPreparePosition(String(from)));
}

function filterOf(filter: Filter, limit: number) {
  const expression = new streams.ReadReq.Options.FilterOptions.Expression();
  const options = new streams.ReadReq.Options.FilterOptions();
  options.setMax(Math.max(limit + 1, SEARCH_WINDOW)).setCheckpointintervalmultiplier(1);
  if ('types' in filter) return options.setEventType(expression.setRegex(`^(${filter.types.join('|')})$`));
  return options.setStreamIdentifier(expression.setPrefixList([filter.streamPrefix]));
}

function withUuids(options: InstanceType<typeof streams.ReadReq.Options>): ReadReq {
  const asText = new streams.ReadReq.Options.UUIDOption().setString(new shared.Empty());
  return new streams.ReadReq().setOptions(options.setUuidOption(asText));
}

type Record = InstanceType<typeof streams.ReadResp.ReadEvent.RecordedEvent>;
const TICKS_A_MS = 10_000;

function eventOf(record: Record): ServerEvent {
  const about = record.getMetadataMap();
  return {
    stream: text(record.getStreamIdentifier()?.getStreamName_asU8()),
    revision: Number(record.getStreamRevision()),
    position: BigInt(record.getCommitPosition()),
    id: record.getId()?.getString() ?? '',
    type: about.get('type') ?? '',
    created: new Date(Math.floor(Number(about.get('created')) / TICKS_A_MS)),
    data: about.get('content-type') === 'application/json' ? text(record.getData_asU8()) : undefined,
    metadata: text(record.getCustomMetadata_asU8()),
  };
}

const text = (bytes: Uint8Array = new Uint8Array()): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
const identifier = (stream: string) => new shared.StreamIdentifier().setStreamName(Buffer.from(stream));
const uuid = (id: string) => new shared.UUID().setString(id);

/** Options of the URL that the client knows and minds, in its loose spelling. */
const OPTIONS = [
  ...['userCertFile', 'userKeyFile', 'tls', 'tlsCAFile', 'connectionName', 'nodePreference', 'gossipTimeout'],
  ...['maxDiscoverAttempts', 'discoveryInterval', 'keepAliveInterval', 'keepAliveTimeout'],
];
const loose = (option: string): string => option.trim().toLowerCase().replace(/[_-]/g, '');

/** The client prints the URL, and so the password, when it meets an option it does not know: it must not meet one. */
function connect(url: string): Internals {
  const known = new Set(OPTIONS.map(loose));
  const asked = url.split('?')[1]?.split('&') ?? [];
  if (!asked.every((option) => known.has(loose(option.split('=')[0] ?? ''))))
    throw new EventStoreDbUnusable(unusable(`it has an option that is not one of ${OPTIONS.join(', ')}`));
  try {
    return EventStoreDBClient.connectionString(url) as unknown as Internals;
  } catch (error) {
    throw new EventStoreDbUnusable(unusable(faultOfUrl(error)), { cause: error });
  }
}

/** Without the piece of the URL that the client cites. */
function faultOfUrl(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  const [, position, expected] = /at position (\d+), expected (.*)\.$/.exec(message) ?? [];
  return position === undefined
    ? message
    : `it cannot be read at character ${Number(position) + 1}: expected ${expected}`;
}

const needed = `EventStoreDB ${OLDEST.join('.')} or later is needed`;
const unusable = (why: string): string => `EVENTSTOREDB_URL: cannot be used: ${why}`;

function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

/** Undefined: it may pass. */
function reasonThatStays(error: unknown): string | undefined {
  const raw = error instanceof EventStoreDbAway ? error.cause : error;
  const { code } = (raw ?? {}) as Partial<ServiceError>;
  if (code === status.UNIMPLEMENTED) return `the server is no EventStoreDB or too old; ${needed}`;
  if (raw instanceof Error && convertToCommandError(raw) instanceof AccessDeniedError)
    return 'the server refuses its user and password, or the user may not read $all';
  return undefined;
}

function away(error: unknown): EventStoreDbAway {
  if (error instanceof EventStoreDbAway) return error;
  return new EventStoreDbAway(`EventStoreDB does not answer: ${textOf(error)}`, { cause: error });
}

const textOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ');
