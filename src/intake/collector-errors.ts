import { Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BodyTooLarge } from '../http/admission/request-body.js';
import { answerTo, sendProblem } from '../http/problem.filter.js';
import { rawBody, refuse, send } from './admission.js';
import type { CollectorRoute } from './format.js';
import { HttpHead } from './http-head.js';
import { requestTooLarge } from './limits.js';
import type { RequestDeps } from './process-request.js';
import { answerNow, type RecordLaterDeps } from './record-later.js';
import { refusalFor } from './refusal.js';
import { oversizedRequest } from './rejected-input.js';
import { withOrigin } from './rejected.js';
import { isTemporary } from './request-spool.js';

type Deps = Pick<RequestDeps, 'pipeline' | 'now' | 'publicUrl'> & { readonly later?: RecordLaterDeps };

/** Errors of a request: bodies over the limit, over budget, a store that is away, and what nobody foresaw. */
export async function refuseError(
  deps: Deps,
  error: Error,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { collectorRoute: route } = request.routeOptions.config;
  if (deps.later && route?.endpoint.recordsLater && isTemporary(error)) {
    const { endpoint } = route;
    const head = request.admitted?.head ?? new HttpHead(request, endpoint.call, deps.publicUrl);
    const answer = await answerNow(deps.later, route, head).catch(() => undefined);
    if (answer && 'refusal' in answer) return refuse(reply, endpoint, head, answer.refusal);
    if (answer) return send(reply, answer);
  }
  if (!(error instanceof BodyTooLarge) || !route) return refuseUnforeseen(error, reply);
  return refuseTooLarge(deps, route, error, request, reply).catch((fault: unknown) =>
    refuseUnforeseen(fault, reply),
  );
}

function refuseUnforeseen(error: unknown, reply: FastifyReply): FastifyReply {
  const problem = answerTo(error);
  if (problem.status >= 500 && problem.status !== 503) log.error(error);
  return sendProblem(reply, problem);
}

const log = new Logger('intake');

/** Such a body was not read to its end, so only that it came is kept. */
async function refuseTooLarge(
  { pipeline, now }: Deps,
  { format, endpoint }: CollectorRoute,
  { sentBytes }: BodyTooLarge,
  { admitted, body }: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const reason = requestTooLarge(format).rejected;
  // What would have to be verified is not kept unverified.
  if (admitted?.key && !endpoint.verify) {
    const receivedAt = now();
    const sent = { sentBytes, receivedAt };
    const input = oversizedRequest(format, rawBody(body, admitted.head), reason, sent);
    await pipeline.keepRejected([withOrigin({ ...admitted.key, call: endpoint.call, receivedAt }, input)]);
  }
  reply.header('connection', 'close');
  const refusal = refusalFor(reason);
  return admitted ? refuse(reply, endpoint, admitted.head, refusal) : sendProblem(reply, refusal);
}
