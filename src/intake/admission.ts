import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RequestAdmission } from '../http/admission/request-admission.js';
import { sendProblem } from '../http/problem.filter.js';
import { admitKey, resolveFor } from './collector-key.js';
import { type CollectorKey, WRITE_KEY } from './credentials.js';
import type { CollectorRoute, Endpoint, Reply, RequestHead } from './format.js';
import { HttpHead } from './http-head.js';
import type { RequestDeps } from './process-request.js';
import { bodyLimit } from './limits.js';
import type { Refusal } from './outcome.js';
import { credentialRefusal, shareOf } from './refusal.js';
import { charsetOf, type RawBody } from './request-body.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The head of a collector's request and what its key opens; undefined: it has none in its head. */
    admitted?: AdmittedRequest;
  }
}

export interface AdmittedRequest {
  readonly head: RequestHead;
  readonly key: CollectorKey | undefined;
}

/**
 * Looks up the credential of the request before its body is read. Without one in its head, the body is read within the room of
 * requests whose key is not known.
 */
export async function admit(
  deps: Pick<RequestDeps, 'resolveCollector' | 'publicUrl'>,
  route: CollectorRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const { endpoint } = route;
  const head = new HttpHead(request, endpoint.call, deps.publicUrl);
  const admission = admissionOf(request);
  admission.bodyLimit = bodyLimit(route.format);
  const sent = (endpoint.credential ?? WRITE_KEY).inHead(head);
  const key = sent && (await resolveFor(deps, route, sent));
  request.admitted = { head, key };
  if (key !== undefined) {
    const refusal = admitKey(key, head);
    if (refusal) return refuse(reply, endpoint, head, refusal);
    admission.authenticate(shareOf(key));
  } else if (sent !== undefined) return refuse(reply, endpoint, head, credentialRefusal(sent, route.format));
  admission.reserve();
  admission.mayReadBody = true;
  return undefined;
}

/** @throws Error the hooks of `admitRequests` are missing */
export function admissionOf({ admission }: FastifyRequest): RequestAdmission {
  if (!admission) throw new Error('a request was not admitted');
  return admission;
}

/** The body as it was read, with what the headers say of it. */
export function rawBody(body: unknown, { headers }: Pick<RequestHead, 'headers'>): RawBody {
  const { 'content-type': type, 'content-encoding': encoding } = headers;
  return {
    bytes: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
    encoding: typeof encoding === 'string' ? encoding.trim().toLowerCase() : '',
    charset: typeof type === 'string' ? charsetOf(type) : '',
  };
}

/** The format's own answer to a refused request, else a problem document. */
export function refuse(
  reply: FastifyReply,
  endpoint: Endpoint,
  head: RequestHead,
  refusal: Refusal,
): FastifyReply {
  const own = endpoint.refuse?.(refusal, head);
  return own ? send(reply, own) : sendProblem(reply, refusal);
}

export function send(
  reply: FastifyReply,
  { status = 200, headers, contentType, body = '' }: Reply,
): FastifyReply {
  if (headers) reply.headers(headers);
  if (contentType !== undefined) reply.type(contentType);
  return reply.status(status).send(body);
}
