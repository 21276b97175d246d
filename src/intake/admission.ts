import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from '../http/problem.filter.js';
import { charsetOf, type RawBody, REQUEST_BYTES, type Share } from './body.js';
import { type Collecting, keyRefusal, type Refusal } from './collect.js';
import { type CollectorKey, keyBesideBody } from './credentials.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** What a collector's request holds of the room for bodies, whose key it carries, what charset it names. */
    admitted?: { readonly share: Share; readonly opened: CollectorKey | undefined; readonly charset: string };
  }
}

/**
 * Makes room for the request and looks up its key before its body is read. The content type goes: Fastify would refuse
 * one that it cannot read.
 */
export async function admit(
  deps: Collecting,
  share: Share,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  share.grow(REQUEST_BYTES);
  const charset = charsetOf(request.headers['content-type']);
  delete request.headers['content-type'];
  request.admitted = { share, opened: undefined, charset };
  const key = keyBesideBody(request);
  if (key === undefined) return undefined;
  const opened = await deps.resolveWriteKey(key);
  request.admitted = { share, opened, charset };
  if (opened !== undefined) return undefined;
  share.release();
  return refuse(reply, keyRefusal(key));
}

/** The body as it was read, with what the headers say of it. */
export function rawBody({ body, headers, admitted }: FastifyRequest): RawBody {
  return {
    bytes: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
    encoding: headers['content-encoding']?.trim().toLowerCase() ?? '',
    charset: admitted?.charset ?? '',
  };
}

export const refuse = (reply: FastifyReply, refusal: Refusal): FastifyReply => sendProblem(reply, refusal);
