import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import type { SentTable } from './sent-table.js';

/** The body to answer with; none to HEAD, for which Fastify would read it to its end. */
export function replyWithTable(
  { method }: FastifyRequest,
  reply: FastifyReply,
  { headers, body }: Pick<SentTable, 'headers' | 'body'>,
): Readable | undefined {
  void reply.headers(headers);
  if (method !== 'HEAD') return body;
  body.destroy();
  return undefined;
}
