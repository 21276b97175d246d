import type { FastifyInstance } from 'fastify';

/** Swagger UI sets styles inline and draws its icons from data; scripts and requests are of this server only. */
const DOCS_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Headers that keep answers out of caches and out of other sites' pages. */
export function addResponseHeaders(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('x-content-type-options', 'nosniff');
    // Personal, and different for each key.
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
    if (/^\/docs\b/.test(request.url)) {
      reply.header('content-security-policy', DOCS_POLICY).header('referrer-policy', 'no-referrer');
    }
    done();
  });
}
