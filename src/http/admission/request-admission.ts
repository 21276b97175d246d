import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Admission } from './admission.js';
import type { Reservation } from './byte-budget.js';
import type { ConnectionLimiter } from './connection-limiter.js';
import { BODY_LIMIT, readBody, unaskedBytes } from './request-body.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Made by the first hook of every request. */
    admission?: RequestAdmission;
  }
  interface FastifyContextConfig {
    /** Answers anybody, though its address is one of the API. */
    withoutKey?: boolean;
    /** The route looks up its key, then reserves: a collector. */
    reservesItself?: boolean;
  }
}

/** Reserved for every request beside its body: its objects and buffers, its places in queues. */
const REQUEST_BYTES = 4096;
/** A client that was refused gets this long, in ms, to end its body: on a closed connection it might not see its answer. */
const DISCARD_MS = 5_000;

/** Bytes that reading a piece is worth. */
const PIECE_COST = 256;

/** What a request may hold, and whether its body may be read. */
export class RequestAdmission {
  /** Set once its key is known, or where the key may be in the body. */
  mayReadBody = false;
  /** Of its body, in bytes. */
  bodyLimit = BODY_LIMIT;
  /** Its answer is on the way: its work is done. */
  answered = false;
  #releaseConnection: () => void = () => undefined;

  constructor(
    private readonly request: IncomingMessage,
    readonly reservation: Reservation,
    private readonly connections: ConnectionLimiter,
    private readonly addressOf: Admission['addressOf'],
  ) {}

  /** IP address of the client; of a proxy only where it is not trusted. */
  get clientAddress(): string {
    return this.addressOf(this.request.socket.remoteAddress, this.request.headers['x-forwarded-for']);
  }

  /** @throws OverBudget */
  reserve(): void {
    this.reservation.grow(REQUEST_BYTES + unaskedBytes(this.request.headers));
  }

  /** Counts the request for the key that it carries from now on. @throws OverBudget */
  authenticate(key: string): void {
    this.reservation.authenticate(key);
    this.#releaseConnection = this.connections.hold(this.request.socket);
    this.mayReadBody = true;
  }

  /** The body, undefined where it may not be read. @throws as readBody */
  async readBody(): Promise<Buffer | undefined> {
    return this.mayReadBody ? readBody(this.request, this.reservation, this.bodyLimit) : undefined;
  }

  release(): void {
    this.reservation.release();
    this.#releaseConnection();
  }
}

/** Finds the key of a request and names it, for its share of the budget. @throws Problem 401 */
export type Authenticate = (request: FastifyRequest) => Promise<string>;

/**
 * The first hooks of all routes: requests to the API are authenticated, every request reserves its room, and only then a body
 * is read. Collectors, whose key may be in the body, authenticate by themselves; all others are answered without their body.
 */
export function admitRequests(
  fastify: FastifyInstance,
  admission: Admission,
  authenticate: Authenticate,
): void {
  const connections = admission.limitConnections();
  connections.watch(fastify.server);
  const addressOf: Admission['addressOf'] = (...hops) => admission.addressOf(...hops);
  fastify.decorateRequest('admission', undefined);
  fastify.addHook('onRequest', async (request, { raw: response }) => {
    const { raw, headers } = request;
    const reservation = admission.open(raw.socket.remoteAddress, headers['x-forwarded-for']);
    const admitted = new RequestAdmission(raw, reservation, connections, addressOf);
    request.admission = admitted;
    response.once('finish', () => admitted.release());
    // A request whose client has left goes on, and holds its memory, until it is answered.
    response.once('close', () => {
      if (admitted.answered) admitted.release();
    });
    // The key first: a request that has one must not depend on the room of those without.
    if (needsApiKey(request)) admitted.authenticate(await authenticate(request));
    if (request.routeOptions.config.reservesItself !== true) admitted.reserve();
  });
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    if (request.admission) request.admission.answered = true;
    if (reply.raw.destroyed) request.admission?.release();
    if (isHalfSent(request.raw)) {
      reply.removeHeader('connection');
      discardRest(request.raw);
    }
    done();
  });
}

const needsApiKey = ({ routeOptions: { url, config } }: FastifyRequest): boolean =>
  url?.startsWith('/api/') === true && config.withoutKey !== true;

/** Its client may yet end its body. Requests that are injected have no socket. */
const isHalfSent = ({ complete, headers, socket }: IncomingMessage): boolean =>
  !complete && socket instanceof Socket && !(Number(headers['content-length']) > BODY_LIMIT);

/** Reads on, up to the limit of a body, without keeping anything. Many small pieces count as more than they are. */
function discardRest(request: IncomingMessage): void {
  const cut = (): void => void request.socket.destroy();
  const timer = setTimeout(cut, DISCARD_MS).unref();
  let left = BODY_LIMIT;
  request.on('data', (piece: Buffer) => {
    left -= piece.length + PIECE_COST;
    if (left < 0) cut();
  });
  request.once('close', () => clearTimeout(timer));
}
