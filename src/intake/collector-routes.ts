import type {
  FastifyError,
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
} from 'fastify';
import { admissionOf, admit, rawBody, refuse } from './admission.js';
import { addBrowserSdkRoutes, type BrowserSdkDeps } from './browser-sdk-routes.js';
import { collect, type Collecting, type CollectorRoute } from './collect.js';
import { refuseError } from './collector-errors.js';
import { allowOrigin, preflight } from '../http/cors.js';
import { native } from './formats/native.js';
import { segment } from './formats/segment.js';
import { SEGMENT_CALLS } from './formats/segment-item.js';
import type { Outcome } from './outcome.js';

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
 * The collectors, for one encapsulated scope of a Fastify instance with the hooks of `admitRequests`: bodies are judged by
 * their bytes there, and errors leave as problem documents.
 */
export const collectorRoutes =
  (deps: Collecting & BrowserSdkDeps): FastifyPluginAsync =>
  async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (request: FastifyRequest) => admissionOf(request).readBody());
    scope.decorateRequest('admitted');
    scope.addHook('onRequest', (request, reply, done) => {
      allowOrigin(request, reply);
      done();
    });
    scope.setErrorHandler((error: FastifyError, request, reply) => {
      // What is refused for want of room is so before any hook of this scope.
      allowOrigin(request, reply);
      return refuseError(deps, error, request, reply);
    });
    for (const route of COLLECTOR_ROUTES) addRoute(scope, deps, route);
    await addBrowserSdkRoutes(scope, deps);
  };

function addRoute(scope: FastifyInstance, deps: Collecting, route: CollectorRoute): void {
  scope.options(route.path, preflight);
  scope.post(route.path, {
    config: { collectorRoute: route, reservesItself: true },
    onRequest: (request, reply) => admit(deps, request, reply),
    handler: (request, reply) => handle(deps, route, request, reply),
  });
}

async function handle(
  deps: Collecting,
  route: CollectorRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const [admission, opened] = [admissionOf(request), request.admitted?.opened];
  const collected = await collect(deps, { route, body: rawBody(request), opened, admission });
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
