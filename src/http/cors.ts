import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * Collectors answer any origin, by its exact name: browsers send `*` nothing with credentials. Write keys are public
 * where pages carry them, so an origin proves nothing anyway.
 *
 * @fastify/cors does not fit (ADR 0035): its route `OPTIONS *` would be one of every path.
 */
export function allowOrigin(request: FastifyRequest, reply: FastifyReply): void {
  const { origin } = request.headers;
  if (origin === undefined) return;
  reply.header('access-control-allow-origin', origin);
  reply.header('access-control-allow-credentials', 'true');
  reply.header('access-control-expose-headers', 'retry-after');
  reply.header('vary', 'Origin');
}

const DAY_SECONDS = 86_400;

/** The answer to a browser that asks first. */
export function preflight(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const asked = request.headers['access-control-request-headers'];
  reply.header('access-control-allow-methods', 'GET, POST, OPTIONS');
  reply.header(
    'access-control-allow-headers',
    asked ?? 'authorization, content-type, content-encoding, x-write-key',
  );
  reply.header('access-control-max-age', DAY_SECONDS);
  if (request.headers['access-control-request-private-network'] === 'true') {
    reply.header('access-control-allow-private-network', 'true');
  }
  return reply.status(204).send();
}

export const isPreflight = ({ method, headers }: FastifyRequest): boolean =>
  method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
