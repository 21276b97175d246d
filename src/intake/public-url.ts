import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * Where the browser that asks reaches this server, without a trailing slash: as configured, else at the host that the
 * request names. What depends on a request's headers is for that request alone, so no cache may keep it.
 */
export function publicUrlFor(
  request: FastifyRequest,
  reply: FastifyReply,
  configured: string | undefined,
): string {
  reply.header('vary', 'Origin, Host, X-Forwarded-Proto');
  if (configured !== undefined) {
    reply.header('cache-control', 'public, max-age=300');
    return configured;
  }
  reply.header('cache-control', 'no-store');
  return requestOrigin(request);
}

/** The origin that the request names. */
export const requestOrigin = (request: FastifyRequest): string => `${protocolOf(request)}://${request.host}`;

/** Behind a proxy that ends TLS, the proxy says so. */
function protocolOf(request: FastifyRequest): 'http' | 'https' {
  const forwarded = request.headers['x-forwarded-proto'];
  const named = (Array.isArray(forwarded) ? forwarded[0] : forwarded)?.split(',')[0]?.trim();
  return (named ?? request.protocol) === 'https' ? 'https' : 'http';
}
