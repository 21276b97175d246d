import type {
  FastifyError,
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
} from 'fastify';
import type { IncomingMessage } from 'node:http';
import { admit, rawBody, refuse } from './admission.js';
import { addBrowserSdkRoutes, type BrowserSdkDeps } from './browser-sdk-routes.js';
import { InFlight, readBytes, Share } from './body.js';
import { collect, type Collecting, type CollectorRoute } from './collect.js';
import { refuseError } from './collector-errors.js';
import { allowOrigin, preflight } from '../http/cors.js';
import { native } from './formats/native.js';
import { segment } from './formats/segment.js';
import { SEGMENT_CALLS } from './formats/segment-item.js';
import type { Outcome } from './outcome.js';

export interface CollectorDeps extends Collecting, BrowserSdkDeps {
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
  // The last is RudderStack's, for events that a page sends as it closes.
  ...['/v1/batch', '/v1/b', '/beacon/v1/batch'].map((path) => ({ path, format: segment, call: 'batch' })),
  { path: '/v1/import', format: segment, call: 'import' },
  { path: '/touchpoints', format: native, call: 'touchpoints' },
];

/**
 * The collectors, for one encapsulated scope of a Fastify instance: bodies are judged by their bytes there, and errors
 * leave as problem documents.
 */
export const collectorRoutes =
  (deps: CollectorDeps): FastifyPluginAsync =>
  async (scope) => {
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
    await addBrowserSdkRoutes(scope, deps);
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

/** Segment's clients look at the status alone: a rejected item is kept, and telling them would make them try again. */
const SEGMENT_SUCCESS = '{"success":true}';

function answer({ format }: CollectorRoute, outcomes: readonly Outcome[]): string {
  return format === segment ? SEGMENT_SUCCESS : JSON.stringify({ receipts: outcomes.map(receipt) });
}

function receipt(outcome: Outcome): object {
  if (outcome.status !== 'rejected') {
    const { messageId, status, position, eventId, warnings } = outcome;
    const receipt = { messageId, status, position: position.toString(), eventId };
    return warnings.length > 0 ? { ...receipt, warnings } : receipt;
  }
  return { messageId: outcome.messageId ?? null, status: outcome.status, reason: outcome.reason };
}
