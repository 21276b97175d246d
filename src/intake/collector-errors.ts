import { Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BodyTooLarge } from '../http/admission/request-body.js';
import { answerTo, sendProblem } from '../http/problem.filter.js';
import { rawBody, refuse } from './admission.js';
import { type Collecting, type CollectorRoute, keptTooLarge, refusalFor } from './collect.js';
import { native } from './formats/native.js';
import { requestTooLarge } from './limits.js';

/** Errors of a request: bodies over the limit, over budget, a store that is away, and what nobody foresaw. */
export async function refuseError(
  deps: Collecting,
  error: Error,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (!(error instanceof BodyTooLarge)) return refuseUnforeseen(error, reply);
  return refuseTooLarge(deps, error, request, reply).catch((fault: unknown) =>
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
  deps: Collecting,
  { sentBytes }: BodyTooLarge,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { collectorRoute: route } = request.routeOptions.config as { collectorRoute?: CollectorRoute };
  const opened = request.admitted?.opened;
  const reason = requestTooLarge(route?.format ?? native).rejected;
  if (route && opened) {
    const receivedAt = deps.now();
    const kept = keptTooLarge(route.format, rawBody(request), reason, { sentBytes, receivedAt });
    await deps.intake.keep({ ...opened, call: route.call, receivedAt }, [kept]);
  }
  return refuse(reply.header('connection', 'close'), refusalFor(reason));
}
