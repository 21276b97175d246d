import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RequestAdmission } from '../http/admission/request-admission.js';
import { sendProblem } from '../http/problem.filter.js';
import { type CollectorKey, WRITE_KEY } from './credentials.js';
import type { Endpoint, Reply, RequestHead } from './format.js';
import type { RequestDeps } from './pipeline.js';
import type { Refusal } from './outcome.js';
import { keyRefusal, shareOf } from './refusal.js';
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
 * Looks up the key of the request before its body is read. Without a key in its head, the body is read within the room of
 * requests whose key is not known.
 */
export async function admit(
  deps: Pick<RequestDeps, 'resolveWriteKey'>,
  endpoint: Endpoint,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const head = headOf(request, endpoint);
  const admission = admissionOf(request);
  const sent = (endpoint.writeKey ?? WRITE_KEY).inHead(head);
  const key = sent === undefined ? undefined : await deps.resolveWriteKey(sent);
  request.admitted = { head, key };
  if (key !== undefined) admission.authenticate(shareOf(key));
  else if (sent !== undefined) return refuse(reply, endpoint, head, keyRefusal(sent));
  admission.reserve();
  admission.mayReadBody = true;
  return undefined;
}

/** The content type is the format's to look at: Fastify would refuse one that it cannot read, so it does not see it. */
function headOf({ headers, params, raw }: FastifyRequest, { call }: Endpoint): RequestHead {
  const { 'content-type': type, ...others } = headers;
  delete headers['content-type'];
  const url = raw.url ?? '';
  const mark = url.indexOf('?');
  return {
    call,
    headers: type === undefined ? others : { ...others, 'content-type': type },
    params: params as Record<string, string>,
    query: mark < 0 ? '' : url.slice(mark + 1),
  };
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
