import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from './problem.js';

interface Route {
  readonly method: string;
  readonly url: string;
  readonly pattern: RegExp;
}

/** Which methods and paths are served, for the answer to a request that no route takes. */
export class ServedRoutes {
  readonly #routes: Route[] = [];

  /** Watches what is added to `fastify` from now on. */
  constructor(fastify: FastifyInstance) {
    fastify.addHook('onRoute', ({ method, url }) => {
      for (const each of [method].flat()) this.#routes.push({ method: each, url, pattern: patternOf(url) });
    });
  }

  /** 405 with `Allow` where the path is served by other methods, else 404 that names what is served. */
  problemFor({ method, url }: FastifyRequest): Problem {
    const path = url.split('?')[0] ?? url;
    const allowed = this.#methodsOf(path);
    const asked = `${method} ${path.slice(0, 200)}`;
    if (allowed.length === 0)
      return new Problem(404, 'not-found', `${asked} is not served. ${this.#served(path)}`);
    if (allowed.includes(method))
      return new Problem(404, 'not-found', 'A name in the path is longer than any that there is');
    const allow = allowed.join(', ');
    return new Problem(405, 'method-not-allowed', `${asked} is not served; use ${allow}`, [], { allow });
  }

  #methodsOf(path: string): string[] {
    const methods = this.#routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
    return [...new Set(methods)].sort();
  }

  #served(path: string): string {
    if (path.startsWith('/api/')) return 'The API is described at /docs and in /openapi.json';
    const collectors = this.#routes.filter(({ method, url }) => method === 'POST' && isCollector(url));
    const paths = [...new Set(collectors.map(({ url }) => url))].join(', ');
    return `${paths === '' ? 'No collector is served here' : `Collectors: POST ${paths}`}. The API is under /api, described at /docs`;
  }
}

/** Without the short forms. */
const isCollector = (url: string): boolean => !url.startsWith('/api/') && !/^\/v1\/.$/.test(url);

const patternOf = (url: string): RegExp =>
  new RegExp(
    `^${url
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replace(/:\w+/g, '[^/]+')
      .replace('*', '.*')}/?$`,
  );
