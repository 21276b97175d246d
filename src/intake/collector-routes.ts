import { Logger } from '@nestjs/common';
import type {
  FastifyError,
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
} from 'fastify';
import type { IncomingMessage } from 'node:http';
import { answerTo, sendProblem } from '../http/problem.filter.js';
import {
  BodyTooLarge,
  ClientGone,
  charsetOf,
  InFlight,
  Overloaded,
  type RawBody,
  readBytes,
  REQUEST_BYTES,
  Share,
} from './body.js';
import {
  collect,
  type Collecting,
  type CollectorRoute,
  keptRequest,
  keyRefusal,
  type Refusal,
  refusalFor,
} from './collect.js';
import { allowOrigin, preflight } from './cors.js';
import { type CollectorKey, keyBesideBody } from './credentials.js';
import { native } from './formats/native.js';
import { segment } from './formats/segment.js';
import { SEGMENT_CALLS } from './formats/segment-item.js';
import type { Outcome } from './outcome.js';
import { requestTooLarge } from './parse.js';
import { segmentSettings } from './segment-settings.js';

export interface CollectorDeps extends Collecting {
  /** Room for the bodies of all requests under way. */
  readonly inFlight?: InFlight;
}

/** Some 200 Segment batches of 60 KB; their parsed objects take about five times as much. */
const IN_FLIGHT_BYTES = 16 * 1024 * 1024;

/** Segment's calls, each with its short form: `track` and `t`. */
export const COLLECTOR_ROUTES: readonly CollectorRoute[] = [
  ...SEGMENT_CALLS.flatMap((call) =>
    [`/v1/${call}`, `/v1/${call[0]}`].map((path) => ({ path, format: segment, call })),
  ),
  ...['/v1/batch', '/v1/b', '/v1/import'].map((path) => ({ path, format: segment, call: 'batch' })),
  { path: '/touchpoints', format: native, call: 'touchpoints' },
];

declare module 'fastify' {
  interface FastifyRequest {
    /** What a collector's request holds of the room for bodies, whose key it carries, what charset it names. */
    admitted?: { readonly share: Share; readonly opened: CollectorKey | undefined; readonly charset: string };
  }
}

/**
 * The collectors, for one encapsulated scope of a Fastify instance: bodies are judged by their bytes there, and errors
 * leave as problem documents.
 */
export const collectorRoutes =
  (deps: CollectorDeps): FastifyPluginAsync =>
  (scope) => {
    const inFlight = deps.inFlight ?? new InFlight(IN_FLIGHT_BYTES);
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (request: FastifyRequest, payload: IncomingMessage) =>
      readBytes(request, payload, request.admitted?.share ?? new Share(inFlight)),
    );
    scope.decorateRequest('admitted');
    scope.addHook('onRequest', (request, reply, done) => {
      allowOrigin(request, reply);
      done();
    });
    scope.setErrorHandler((error: FastifyError, request, reply) => refuseError(deps, error, request, reply));
    for (const route of COLLECTOR_ROUTES) addRoute(scope, deps, inFlight, route);
    addSettings(scope, deps);
    return Promise.resolve();
  };

function addRoute(
  scope: FastifyInstance,
  deps: CollectorDeps,
  inFlight: InFlight,
  route: CollectorRoute,
): void {
  scope.options(route.path, preflight);
  scope.post(route.path, {
    config: { collectorRoute: route },
    onRequest: (request, reply) => admit(deps, new Share(inFlight), request, reply),
    handler: (request, reply) => handle(deps, route, request, reply),
  });
}

/**
 * Makes room for the request and looks up its key before its body is read. The content type goes: Fastify would refuse
 * one that it cannot read.
 */
async function admit(
  deps: CollectorDeps,
  share: Share,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  share.grow(REQUEST_BYTES);
  const charset = charsetOf(request.headers['content-type']);
  delete request.headers['content-type'];
  request.admitted = { share, opened: undefined, charset };
  const key = keyBesideBody(request);
  if (key === undefined) return undefined;
  const opened = await deps.resolveWriteKey(key);
  request.admitted = { share, opened, charset };
  if (opened !== undefined) return undefined;
  share.release();
  return refuse(reply, keyRefusal(key));
}

async function handle(
  deps: CollectorDeps,
  route: CollectorRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (!request.admitted) throw new Error('a collector’s request was not admitted');
  const { share, opened } = request.admitted;
  const collected = await collect(deps, { route, body: rawBody(request), opened, share }).finally(() => {
    share.release();
  });
  if ('refusal' in collected) return refuse(reply, collected.refusal);
  return reply.type('application/json; charset=utf-8').send(answer(route, collected.outcomes));
}

function rawBody({ body, headers, admitted }: FastifyRequest): RawBody {
  return {
    bytes: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
    encoding: headers['content-encoding']?.trim().toLowerCase() ?? '',
    charset: admitted?.charset ?? '',
  };
}

/** Segment's clients look at the status alone: a rejected item is kept, and telling them would make them try again. */
const SEGMENT_SUCCESS = '{"success":true}';

function answer({ format }: CollectorRoute, outcomes: readonly Outcome[]): string {
  return format === segment ? SEGMENT_SUCCESS : JSON.stringify({ receipts: outcomes.map(receipt) });
}

function receipt(outcome: Outcome): object {
  if (outcome.status !== 'rejected') {
    const { messageId, status, position, eventId } = outcome;
    return { messageId, status, position: position.toString(), eventId };
  }
  return { messageId: outcome.messageId ?? null, status: outcome.status, reason: outcome.reason };
}

const refuse = (reply: FastifyReply, refusal: Refusal): FastifyReply => sendProblem(reply, refusal);

/** Errors of a request: bodies over the limit, overload, a store that is away, and what nobody foresaw. */
async function refuseError(
  deps: CollectorDeps,
  error: Error,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  request.admitted?.share.release();
  if (error instanceof Overloaded) return sendProblem(reply, OVERLOADED);
  if (error instanceof ClientGone) return reply.status(400).send();
  if (!(error instanceof BodyTooLarge)) return refuseUnforeseen(error, reply);
  return refuseTooLarge(deps, error, request, reply).catch((fault: unknown) =>
    refuseUnforeseen(fault, reply),
  );
}

function refuseUnforeseen(error: unknown, reply: FastifyReply): FastifyReply {
  const problem = answerTo(error);
  if (problem.status >= 500 && problem.status !== 503) log.error(error);
  return sendProblem(reply, problem);
}

const log = new Logger('intake');

const OVERLOADED = {
  status: 503,
  code: 'overloaded',
  detail: 'Too much is under way just now; send it again',
  headers: { 'retry-after': '1' },
};

/** Such a body was not read to its end, so only that it came is kept. */
async function refuseTooLarge(
  deps: CollectorDeps,
  { sentBytes }: BodyTooLarge,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { collectorRoute: route } = request.routeOptions.config as { collectorRoute?: CollectorRoute };
  const opened = request.admitted?.opened;
  const reason = requestTooLarge(route?.format ?? native).rejected;
  if (route && opened) {
    const kept = { ...keptRequest(route.format, rawBody(request), reason), sentBytes };
    await deps.intake.keep({ ...opened, call: route.call, receivedAt: deps.now() }, [kept]);
  }
  return refuse(reply.header('connection', 'close'), refusalFor(reason));
}

function addSettings(scope: FastifyInstance, deps: CollectorDeps): void {
  const path = '/v1/projects/:key/settings';
  scope.options(path, preflight);
  scope.get<{ Params: { key: string } }>(path, async (request, reply) => {
    const { key } = request.params;
    if ((await deps.resolveWriteKey(key)) === undefined) return refuse(reply, keyRefusal(key));
    return reply.header('cache-control', 'public, max-age=300').send(segmentSettings(request, key));
  });
}
