import type {
  FastifyError,
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
} from 'fastify';
import { allowOrigin, isPreflight, preflight } from '../http/cors.js';
import { admissionOf, admit, type AdmittedRequest, rawBody, refuse, send } from './admission.js';
import { addBrowserSdkRoutes, type BrowserSdkDeps } from './browser-sdk-routes.js';
import { refuseError } from './collector-errors.js';
import type { CollectorRoute, Format } from './format.js';
import { processRequest, type RequestDeps } from './process-request.js';
import { type RecordLaterDeps, withPatience } from './record-later.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** For errors of requests whose body was not read. */
    collectorRoute?: CollectorRoute;
  }
}

export interface CollectorDeps extends RequestDeps, BrowserSdkDeps {
  readonly formats: readonly Format[];
  /** Absent: no request is answered before it is recorded. */
  readonly later?: RecordLaterDeps;
}

/**
 * The endpoints of all formats, for one encapsulated scope of a Fastify instance with the hooks of `admitRequests`: bodies are
 * judged by their bytes there, and errors leave as problem documents.
 */
export const collectorRoutes =
  (deps: CollectorDeps): FastifyPluginAsync =>
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
    for (const format of deps.formats)
      for (const endpoint of format.endpoints) addRoute(scope, deps, { format, endpoint });
    for (const path of pathsOf(deps.formats))
      if (!scope.hasRoute({ method: 'OPTIONS', url: path })) scope.options(path, preflight);
    await addBrowserSdkRoutes(scope, deps);
  };

/** Where collectors are served, each path once. */
export const pathsOf = (formats: readonly Format[]): readonly string[] => [
  ...new Set(formats.flatMap(({ endpoints }) => endpoints.map(({ path }) => path))),
];

function addRoute(scope: FastifyInstance, deps: RequestDeps, route: CollectorRoute): void {
  const { method, path: url } = route.endpoint;
  scope.route({
    ...{ method, url },
    // Asking for the head of a page records nothing.
    exposeHeadRoute: false,
    config: { collectorRoute: route, reservesItself: true },
    onRequest: [
      ...(method === 'OPTIONS' ? [answerPreflight] : []),
      (request, reply) => admit(deps, route, request, reply),
    ],
    handler: (request, reply) => handle(deps, route, request, reply),
  });
}

const answerPreflight: onRequestHookHandler = (request, reply, done) => {
  if (isPreflight(request)) preflight(request, reply);
  else done();
};

async function handle(
  deps: RequestDeps,
  route: CollectorRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { head, key } = admittedOf(request);
  const [body, admission] = [rawBody(request.body, head), admissionOf(request)];
  const processed = processRequest(deps, { ...route, head, body, key, admission });
  const result = await (route.endpoint.recordsLater ? withPatience(processed) : processed);
  return 'refusal' in result ? refuse(reply, route.endpoint, head, result.refusal) : send(reply, result);
}

/** @throws Error the hook of the route is missing */
function admittedOf({ admitted }: FastifyRequest): AdmittedRequest {
  if (!admitted) throw new Error('a request was not authenticated');
  return admitted;
}
