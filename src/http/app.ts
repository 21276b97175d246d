import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { UnsupportedMediaTypeException } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Histogram } from 'prom-client';
import type { Metrics } from '../metrics.js';
import { Admission } from './admission/admission.js';
import { answerClientError } from './admission/client-error.js';
import { parseJsonBody } from './admission/json-body.js';
import { isTextRoute, textOf, YAML_TYPES } from './admission/text-body.js';
import { admitRequests, type Authenticate } from './admission/request-admission.js';
import { BODY_LIMIT } from './admission/request-body.js';
import { AuthGuard, bearerOf } from './auth.guard.js';
import { OperatorKey } from './operator-key.js';
import { ProblemFilter } from './problem.filter.js';
import { addResponseHeaders } from './response-headers.js';
import { ServedRoutes } from './served-routes.js';
import { validationPipe } from './validation.js';

/** Headers have to be here within ten seconds, a whole request within a minute; connections are looked at every second. */
const TIME_LIMITS = { headersTimeout: 10_000, connectionsCheckingInterval: 1_000 };
/** A connection on which nothing moves is closed, in ms: questions take less, and idle ones are kept for less. */
const SILENCE_MS = 120_000;

/** Fastify as all of Touchline uses it. */
export const fastifyAdapter = (): FastifyAdapter =>
  new JsonAdapter({
    bodyLimit: BODY_LIMIT,
    http: TIME_LIMITS,
    requestTimeout: 60_000,
    connectionTimeout: SILENCE_MS,
    clientErrorHandler: answerClientError,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 4_000 },
  });

/** Reads bodies of JSON alone, but for routes with `textBody`, and those only of requests that were admitted. */
class JsonAdapter extends FastifyAdapter {
  override registerParserMiddleware(): void {
    const fastify = this.getInstance();
    fastify.removeAllContentTypeParsers();
    fastify.addContentTypeParser('application/json', async (request: FastifyRequest) => {
      const { admission } = request;
      const bytes = await admission?.readBody();
      if (!admission || !bytes) return undefined;
      // Many clients send the type with every request, also where there is no body.
      if (bytes.length === 0 && request.method === 'DELETE') return undefined;
      const { reservation } = admission;
      return isTextRoute(request) ? textOf(bytes, reservation) : parseJsonBody(request, bytes, reservation);
    });
    const readText = (takes: 'textBody' | 'rowsBody') => async (request: FastifyRequest) => {
      if (request.routeOptions.config[takes] !== true)
        throw new UnsupportedMediaTypeException('Unsupported Media Type');
      const bytes = await request.admission?.readBody();
      return request.admission && bytes && textOf(bytes, request.admission.reservation);
    };
    fastify.addContentTypeParser(YAML_TYPES, readText('textBody'));
    fastify.addContentTypeParser('text/csv', readText('rowsBody'));
  }
}

/** Admission, filters, pipes and measurements of every request; before `init`. */
export function dressApp(app: NestFastifyApplication, metrics: Metrics, admission = new Admission()): void {
  const fastify = app.getHttpAdapter().getInstance();
  const routes = new ServedRoutes(fastify);
  addResponseHeaders(fastify);
  admitRequests(fastify, admission, apiAuthentication(app));
  app.useGlobalFilters(new ProblemFilter(routes));
  app.useGlobalPipes(validationPipe());
  measureRequests(app, metrics);
}

/** Names the key of a request to the API by its workspace. Which of the two keys a route takes is for its guard. */
function apiAuthentication(app: NestFastifyApplication): Authenticate {
  const guard = app.get(AuthGuard, { strict: false });
  const operator = app.get(OperatorKey, { strict: false });
  return async (request) => {
    const key = bearerOf(request.headers.authorization);
    if (key !== undefined && operator.matches(key)) return 'operator';
    return `api/${await guard.authenticate(request)}`;
  };
}

function measureRequests(app: NestFastifyApplication, metrics: Metrics): void {
  const fastify = app.getHttpAdapter().getInstance();
  const figures = new Map<string, Histogram.Internal<string>>();
  fastify.addHook('onResponse', (request, reply, done) => {
    // The route's pattern, never the path: a label for each lead would grow without end.
    const route = request.routeOptions.url ?? 'none';
    const name = `${request.method} ${reply.statusCode} ${route}`;
    let figure = figures.get(name);
    if (!figure) {
      figure = metrics.httpSeconds.labels({ method: request.method, route, status: reply.statusCode });
      figures.set(name, figure);
    }
    figure.observe(reply.elapsedTime / 1000);
    done();
  });
}
