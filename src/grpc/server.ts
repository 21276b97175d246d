import type { DescService } from '@bufbuild/protobuf';
import { Server, ServerCredentials, setLogger, type UntypedServiceImplementation } from '@grpc/grpc-js';
import type { QueryBus } from '@nestjs/cqrs';
import type { Logger } from 'pino';
import { BadSettings, type Role } from '../config.js';
import type { OpensKeys } from '../http/keys.js';
import type { Intake } from '../intake/intake.js';
import type { Metrics } from '../metrics.js';
import { CollectorService } from '../proto/touchline/v1/collector_pb.js';
import { QueryService } from '../proto/touchline/v1/query_pb.js';
import { Calls } from './calls.js';
import { collectorService, RECORD_STREAM } from './collector.js';
import { definitionOf } from './definition.js';
import { Health, type Serving } from './health.js';
import { type Inlets, inletsFor } from './inlet.js';
import { LongCalls } from './long-calls.js';
import { queryService } from './query.js';
import { addReflection } from './reflection.js';
import { Room } from './room.js';

export interface GrpcParts {
  readonly roles: ReadonlySet<Role>;
  readonly keys: OpensKeys;
  readonly metrics: Pick<Metrics, 'grpcSeconds'>;
  readonly log: Logger;
  readonly serving: () => Promise<Serving>;
  /** Of a process that collects. */
  readonly intake?: Intake;
  /** Of a process that answers questions. */
  readonly queries?: QueryBus;
  readonly rooms?: Partial<Rooms>;
}

interface Rooms {
  readonly messages: Room;
  readonly taking: Room;
  readonly receipts: Room;
}

export interface GrpcServer {
  readonly port: number;
  /** Says NOT_SERVING, takes no new call, lets those under way end, cuts what has not ended in time. */
  stop(): Promise<void>;
}

const MB = 1024 * 1024;
/** Calls under way get this long to end, in ms; streams are told to come again a little before. */
const DRAIN_MS = 10_000;
const STREAM_DRAIN_MS = 9_000;

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
  // What the library says of a port that is taken comes as an error too.
  const tell = (...words: unknown[]): void => parts.log.debug(words.join(' '));
  setLogger({ error: tell, info: tell, debug: tell });
  const stopping = new AbortController();
  const { server, services } = compose(parts, stopping.signal);
  const long = new LongCalls(server);
  const roleOf = new Map([...services].map(([{ typeName }, role]) => [typeName, role]));
  const health = new Health(roleOf, parts.serving);
  health.addTo(long);
  addReflection(long, [...services.keys()]);
  await health.start();
  const bound = await bind(server, port).catch((error: unknown) => {
    health.stop();
    throw error;
  });
  return {
    port: bound,
    stop: async () => {
      health.stop();
      const told = setTimeout(() => stopping.abort(), STREAM_DRAIN_MS);
      const cut = setTimeout(() => {
        parts.log.warn(`calls did not end within ${DRAIN_MS / 1_000} s: they are cut`);
        server.forceShutdown();
      }, DRAIN_MS);
      long.end();
      await new Promise((done) => server.tryShutdown(done));
      clearTimeout(told);
      clearTimeout(cut);
    },
  };
}

interface Composed {
  readonly server: Server;
  /** What it serves, and the role of each. */
  readonly services: ReadonlyMap<DescService, Role>;
}

function compose(parts: GrpcParts, stopping: AbortSignal): Composed {
  const { roles, intake, queries, keys } = parts;
  const rooms = { ...makeRooms(), ...parts.rooms };
  const inlets: Inlets = new WeakMap();
  const interceptors = [inletsFor(RECORD_STREAM, rooms.messages, inlets)];
  const server = new Server({ ...OPTIONS, interceptors });
  const calls = new Calls(parts.metrics, parts.log);
  const services = new Map<DescService, Role>();
  const add = (role: Role, service: DescService, implementation: UntypedServiceImplementation): void => {
    services.set(service, role);
    server.addService(definitionOf(service), implementation);
  };
  if (roles.has('collect') && intake) {
    const collecting = { ...rooms, intake, keys, inlets, stopping, now: () => new Date() };
    add('collect', CollectorService, collectorService(collecting, calls));
  }
  if (roles.has('query') && queries) add('query', QueryService, queryService({ keys, queries }, calls));
  return { server, services };
}

const makeRooms = (): Rooms => ({
  messages: new Room(16 * MB),
  // Three transactions of the log: two are under way there at once. More would only take memory, five times as much as
  // their bytes, and the place in its queue that the requests of HTTP have.
  taking: new Room(MB),
  receipts: new Room(64 * MB),
});

const bind = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.bindAsync(`0.0.0.0:${port}`, ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(faultOf(error, port));
      else resolve(bound);
    });
  });

/** The library has only a text that holds the code. */
function faultOf(error: Error, port: number): Error {
  const why = error.message.includes('EADDRINUSE')
    ? 'is taken by another program; set it to a free one'
    : error.message.includes('EACCES')
      ? 'may not be used by this user; set it to one above 1023'
      : undefined;
  return why === undefined ? error : new BadSettings([`GRPC_PORT: port ${port} ${why}`]);
}
