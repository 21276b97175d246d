import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Histogram } from 'prom-client';
import type { Metrics } from '../metrics.js';
import { ProblemFilter } from './problem.filter.js';
import { addResponseHeaders } from './response-headers.js';
import { ServedRoutes } from './served-routes.js';
import { validationPipe } from './validation.js';

/** The largest request body outside the collectors' own limits (§10). */
export const BODY_LIMIT = 1_048_576;

/** Fastify as all of Touchline uses it. A client that takes over a minute to send its request is cut off. */
export const fastifyAdapter = (): FastifyAdapter =>
  new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    requestTimeout: 60_000,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 500 },
  });

/** Filters, pipes and measurements of every request; before `init`. */
export function dressApp(app: NestFastifyApplication, metrics: Metrics): void {
  const routes = new ServedRoutes(app.getHttpAdapter().getInstance());
  app.useGlobalFilters(new ProblemFilter(routes));
  app.useGlobalPipes(validationPipe());
  addResponseHeaders(app.getHttpAdapter().getInstance());
  measureRequests(app, metrics);
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
