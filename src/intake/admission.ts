import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RequestAdmission } from '../http/admission/request-admission.js';
import { sendProblem } from '../http/problem.filter.js';
import { charsetOf, type RawBody } from './body.js';
import { type Collecting, keyRefusal, type Refusal, shareOf } from './collect.js';
import { type CollectorKey, keyBesideBody } from './credentials.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose key a collector's request carries beside its body, and what charset it names. */
    admitted?: { readonly opened: CollectorKey | undefined; readonly charset: string };
  }
}

/**
 * Looks up the key of the request before its body is read. Without a key beside it, the body is read within the room of
 * requests whose key is not known. The content type goes: Fastify would refuse one that it cannot read.
 */
export async function admit(
  deps: Collecting,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const charset = charsetOf(request.headers['content-type']);
  delete request.headers['content-type'];
  const admission = admissionOf(request);
  const key = keyBesideBody(request);
  const opened = key === undefined ? undefined : await deps.resolveWriteKey(key);
  request.admitted = { opened, charset };
  if (opened !== undefined) admission.authenticate(shareOf(opened));
  else if (key !== undefined) return refuse(reply, keyRefusal(key));
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
export function rawBody({ body, headers, admitted }: FastifyRequest): RawBody {
  return {
    bytes: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
    encoding: headers['content-encoding']?.trim().toLowerCase() ?? '',
    charset: admitted?.charset ?? '',
  };
}

export const refuse = (reply: FastifyReply, refusal: Refusal): FastifyReply => sendProblem(reply, refusal);
