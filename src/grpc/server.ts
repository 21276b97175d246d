import type { DescService } from '@bufbuild/protobuf';
import { Server, setLogger, type UntypedServiceImplementation } from '@grpc/grpc-js';
import type { QueryBus } from '@nestjs/cqrs';
import type { Logger } from 'pino';
import { BadSettings, type Role } from '../config.js';
import { Admission } from '../http/admission/admission.js';
import type { OpensKeys } from '../http/keys.js';
import type { Pipeline } from '../intake/pipeline.js';
import type { Metrics } from '../metrics.js';
import { CollectorService } from '../proto/touchline/v1/collector_pb.js';
import { QueryService } from '../proto/touchline/v1/query_pb.js';
import { type AdmittedCalls, admitCalls } from './admit-calls.js';
import { Calls } from './calls.js';
import { collectorService } from './collector.js';
import { definitionOf } from './definition.js';
import { Health, type Serving } from './health.js';
import { Listener } from './listener.js';
import { LongCalls } from './long-calls.js';
import { queryService } from './query.js';
import { addReflection } from './reflection.js';
import { ByteSemaphore } from './byte-semaphore.js';

export interface GrpcParts {
  readonly roles: ReadonlySet<Role>;
  readonly keys: OpensKeys;
  readonly metrics: Pick<Metrics, 'grpcSeconds'>;
  readonly log: Logger;
  readonly serving: () => Promise<Serving>;
  /** Of a process that collects. */
  readonly pipeline?: Pipeline;
  /** Of a process that answers questions. */
  readonly queries?: QueryBus;
  /** Shared with HTTP. */
  readonly admission?: Admission;
}

export interface GrpcServer {
  readonly port: number;
  /** Says NOT_SERVING, takes no new call, lets those under way end, cuts what has not ended in time. */
  stop(): Promise<void>;
}

const MB = 1024 * 1024;
/** Calls under way get this long to end, in ms; streams are asked to come again a little before. */
const DRAIN_MS = 10_000;
const STREAM_DRAIN_MS = 9_000;

/** A session of HTTP/2 takes some 60 KB, four times as much as a connection of HTTP/1. */
const SESSION_COST = 4;

const OPTIONS = {
  // Above the limit of 1 MB, so that what is a little over it is refused with its reason, and kept.
  'grpc.max_receive_message_length': 2 * MB,
  'grpc.max_concurrent_streams': 100,
  // A client that is gone without a word is noticed, and what its stream holds is given back.
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
};

/**
 * Serves gRPC beside HTTP: the collectors where the process collects, the questions where it answers them, health and
 * reflection in any case. Without TLS, as HTTP: a proxy in front of it adds that.
 *
 * @throws BadSettings when the port cannot be had
 */
export async function serveGrpc(port: number, parts: GrpcParts): Promise<GrpcServer> {
  const debug = (...words: unknown[]): void => parts.log.debug(words.join(' '));
  setLogger({ error: debug, info: debug, debug });
  const stopping = new AbortController();
  const admission = parts.admission ?? new Admission();
  const listener = new Listener(admission.limitConnections(SESSION_COST));
  const { server, services } = compose(parts, admission, listener, stopping.signal);
  const long = new LongCalls(server);
  const roleOf = new Map([...services].map(([{ typeName }, role]) => [typeName, role]));
  const health = new Health(roleOf, parts.serving);
  health.addTo(long);
  addReflection(long, [...services.keys()]);
  await health.start();
  const bound = await bind(listener, server, port).catch((error: unknown) => {
    health.stop();
    throw error;
  });
  return {
    port: bound,
    stop: async () => {
      health.stop();
      const drain = setTimeout(() => stopping.abort(), STREAM_DRAIN_MS);
      const cut = setTimeout(() => {
        parts.log.warn(`calls did not end within ${DRAIN_MS / 1_000} s: they are cut`);
        server.forceShutdown();
        listener.cut();
      }, DRAIN_MS);
      long.end();
      await Promise.all([listener.close(), new Promise((done) => server.tryShutdown(done))]);
      clearTimeout(drain);
      clearTimeout(cut);
    },
  };
}

interface Composed {
  readonly server: Server;
  /** What it serves, and the role of each. */
  readonly services: ReadonlyMap<DescService, Role>;
}

function compose(
  parts: GrpcParts,
  admission: Admission,
  listener: Listener,
  stopping: AbortSignal,
): Composed {
  const { roles, pipeline, queries, keys, metrics } = parts;
  const calls: AdmittedCalls = new WeakMap();
  const interceptors = [admitCalls({ admission, listener, keys, metrics, calls })];
  const server = new Server({ ...OPTIONS, interceptors });
  const running = new Calls(metrics, parts.log);
  const services = new Map<DescService, Role>();
  const add = (role: Role, service: DescService, implementation: UntypedServiceImplementation): void => {
    services.set(service, role);
    server.addService(definitionOf(service), implementation);
  };
  if (roles.has('collect') && pipeline) {
    const collecting = {
      inFlight: new ByteSemaphore(INGEST_BYTES),
      pipeline,
      calls,
      stopping,
      now: () => new Date(),
    };
    add('collect', CollectorService, collectorService(collecting, running));
  }
  if (roles.has('query') && queries) add('query', QueryService, queryService({ calls, queries }, running));
  return { server, services };
}

/**
 * Three transactions of the log: two are under way there at once. More would only take memory, five times as much as their
 * bytes, and the place in its queue that the requests of HTTP have.
 */
const INGEST_BYTES = MB;

const bind = (listener: Listener, server: Server, port: number): Promise<number> =>
  listener.listen(server, port).catch((error: unknown) => {
    throw faultOf(error as NodeJS.ErrnoException, port);
  });

function faultOf(error: NodeJS.ErrnoException, port: number): Error {
  const why =
    error.code === 'EADDRINUSE'
      ? 'is taken by another program; set it to a free one'
      : error.code === 'EACCES'
        ? 'may not be used by this user; set it to one above 1023'
        : undefined;
  return why === undefined ? error : new BadSettings([`GRPC_PORT: port ${port} ${why}`]);
}
