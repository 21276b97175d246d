import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type Metadata,
  Server,
  ServerCredentials,
  status,
} from '@grpc/grpc-js';
import type {
  AppendReq,
  AppendResp,
  BatchAppendReq,
  BatchAppendResp,
  ReadReq,
  ReadResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import type { Empty } from '@eventstore/db-client/generated/shared_pb.js';
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import type { ClusterInfo } from '@eventstore/db-client/generated/gossip_pb.js';
import features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import featureServices from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import gossip from '@eventstore/db-client/generated/gossip_pb.js';
import gossipServices from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import streamServices from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { type Apply, appendOnce, batchAnswer, BatchParts } from './appends.js';
import { ServerLog } from './log.js';
import { read } from './reads.js';

/** What goes wrong, until it is taken back. */
export interface Faults {
  /** The stream of appends breaks at the next append, before or after it is applied; once. */
  breakAppends?: 'before' | 'after' | undefined;
  /** Answers every append with this, without applying it. */
  refuseAppends?: 'busy' | 'denied' | undefined;
  /** Takes everything and answers nothing. */
  silent?: boolean;
  /** Waits before each answer. */
  delayMs?: number;
}

export interface ServerOptions {
  /** Shared by the nodes of a cluster. */
  readonly log?: ServerLog;
  readonly port?: number;
  readonly version?: string;
  /** With TLS (test/eventstoredb/tls): who may come in. */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Ports of the cluster's nodes, the leader's first. */
  readonly members?: () => readonly number[];
}

const TLS = join(import.meta.dirname, 'tls');
export const CA_FILE = join(TLS, 'cert.pem');

/**
 * An EventStoreDB of a few hundred lines, on the service definitions of the client: ServerFeatures, Streams (BatchAppend,
 * Append, Read) and Gossip. It proves that the adapter speaks the protocol and bears the server's refusals, breaks and
 * silence. It does not prove the server: nothing here is durable, indexed or replicated as a real one is. The same suite
 * runs on a real server when EVENTSTOREDB_URL is set.
 */
export class ProtocolServer {
  readonly log: ServerLog;
  readonly faults: Faults = {};
  /** Appends taken on batch streams, for tests that ask what was sent. */
  appends = 0;
  #port: number;
  #server: Server | undefined;

  private constructor(private readonly options: ServerOptions) {
    this.log = options.log ?? new ServerLog();
    this.#port = options.port ?? 0;
  }

  static async start(options: ServerOptions = {}): Promise<ProtocolServer> {
    const server = new ProtocolServer(options);
    await server.start();
    return server;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return this.options.credentials
      ? `esdb://localhost:${this.#port}?tlsCAFile=${encodeURIComponent(CA_FILE)}`
      : `esdb://127.0.0.1:${this.#port}?tls=false`;
  }

  /** Again on the same port, with the same data. */
  async start(): Promise<void> {
    const server = new Server();
    server.addService(streamServices.StreamsService, {
      read: this.#read,
      append: this.#append,
      batchAppend: this.#batchAppend,
    });
    server.addService(featureServices.ServerFeaturesService, { getSupportedMethods: this.#features });
    server.addService(gossipServices.GossipService, { read: this.#gossip });
    const credentials = this.options.credentials ? await tls() : ServerCredentials.createInsecure();
    this.#port = await new Promise<number>((resolve, reject) =>
      server.bindAsync(`127.0.0.1:${this.#port}`, credentials, (error, port) =>
        error ? reject(error) : resolve(port),
      ),
    );
    this.#server = server;
  }

  /** Cuts every connection. */
  stop(): Promise<void> {
    this.#server?.forceShutdown();
    this.#server = undefined;
    return Promise.resolve();
  }

  readonly #read: handleServerStreamingCall<ReadReq, ReadResp> = (call) => {
    if (this.#allowed(call)) void read(this.log, call, () => this.#pace(call));
  };

  readonly #append: handleClientStreamingCall<AppendReq, AppendResp> = (call, callback) => {
    if (this.#allowed(call)) appendOnce(this.log, call, callback);
  };

  readonly #batchAppend: handleBidiStreamingCall<BatchAppendReq, BatchAppendResp> = (call) => {
    if (!this.#allowed(call)) return;
    const parts = new BatchParts();
    let answered = Promise.resolve();
    call.on('error', () => undefined);
    call.on('end', () => call.end());
    call.on('data', (request: BatchAppendReq) => {
      const whole = parts.add(request);
      if (!whole || call.cancelled) return;
      this.appends += 1;
      const { stream, expected, events, correlation } = whole;
      const breaks = this.faults.breakAppends;
      const outcome = breaks === 'before' ? undefined : this.#apply(stream, expected, events);
      if (breaks || !outcome) {
        this.#break(call);
        return;
      }
      answered = answered.then(async () => {
        await this.#pace(call);
        if (!call.cancelled) call.write(batchAnswer(correlation, stream, outcome));
      });
    });
  };

  readonly #apply: Apply = (...append) => this.faults.refuseAppends ?? this.log.append(...append);

  #break(call: { emit(event: 'error', error: object): boolean }): void {
    this.faults.breakAppends = undefined;
    call.emit('error', { code: status.UNAVAILABLE, details: 'the stream was broken' });
  }

  async #pace(call: { readonly cancelled: boolean }): Promise<void> {
    if (this.faults.delayMs) await sleep(this.faults.delayMs);
    while (this.faults.silent && !call.cancelled) await sleep(20);
  }

  #allowed(call: { readonly metadata: Metadata; emit(event: 'error', error: object): boolean }): boolean {
    const { credentials } = this.options;
    if (!credentials) return true;
    const { username, password } = credentials;
    const expected = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    if (call.metadata.get('authorization')[0] === expected) return true;
    call.emit('error', { code: status.UNAUTHENTICATED, details: 'Unauthenticated' });
    return false;
  }

  readonly #features: handleUnaryCall<Empty, SupportedMethods> = (call, callback) => {
    const service = 'event_store.client.streams.streams';
    const methods = ['read', 'append', 'batchappend'].map((name) =>
      new features.SupportedMethod().setServiceName(service).setMethodName(name),
    );
    const version = this.options.version ?? '24.10.0.1901';
    const answer = new features.SupportedMethods().setMethodsList(methods);
    void this.#pace(call).then(() => callback(null, answer.setEventStoreServerVersion(version)));
  };

  readonly #gossip: handleUnaryCall<Empty, ClusterInfo> = (_, callback) => {
    const ports = this.options.members?.() ?? [this.#port];
    const { LEADER, FOLLOWER } = gossip.MemberInfo.VNodeState;
    const members = ports.map((port, index) =>
      new gossip.MemberInfo()
        .setState(index === 0 ? LEADER : FOLLOWER)
        .setIsAlive(true)
        .setHttpEndPoint(new gossip.EndPoint().setAddress('127.0.0.1').setPort(port)),
    );
    callback(null, new gossip.ClusterInfo().setMembersList(members));
  };
}

async function tls(): Promise<ServerCredentials> {
  const [key, cert] = await Promise.all(['key.pem', 'cert.pem'].map((file) => readFile(join(TLS, file))));
  if (!key || !cert) throw new Error('the certificate of the test server is missing');
  return ServerCredentials.createSsl(null, [{ private_key: key, cert_chain: cert }]);
}
