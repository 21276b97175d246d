import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { STATUS_CODES } from 'node:http';
import { DISK_FULL } from '../database/database.js';
import { isOutage } from '../database/outage.js';
import { Refused } from '../domain/refused.js';
import { StoreUnavailable, WrongExpectedVersion } from '../event-store/event-store.js';
import { allowOrigin, isPreflight, preflight } from './cors.js';
import { NotModified } from './not-modified.js';
import { Problem, type ProblemDocument, type ProblemError } from './problem.js';
import type { ServedRoutes } from './served-routes.js';

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly ProblemError[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** While the database is unavailable each request fails: that is logged once in this time, in ms. */
const LOG_EVERY_MS = 10_000;

/** Every error of a request leaves as a problem document; an unexpected one is logged and answered 500 without details. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly log = new Logger('http');
  private loggedAt = -Infinity;

  constructor(private readonly routes?: ServedRoutes) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    if (request.is404 && this.routes) {
      this.answerUnserved(this.routes, request, reply);
      return;
    }
    if (error instanceof NotModified) return void reply.status(304).headers(error.headers).send();
    const answer = answerTo(error);
    if (answer.code === 'unavailable') this.logOutage(error);
    else if (answer.status >= 500 && !(error instanceof Problem)) this.log.error(error);
    if (reply.raw.headersSent) return void reply.raw.destroy();
    void sendProblem(reply, answer);
  }

  /** A tracker with a wrong address must be able to read why: browsers show a page nothing without these headers. */
  private answerUnserved(routes: ServedRoutes, request: FastifyRequest, reply: FastifyReply): void {
    if (!request.url.startsWith('/api/')) {
      allowOrigin(request, reply);
      if (isPreflight(request)) return void preflight(request, reply);
    }
    void sendProblem(reply, answerTo(routes.problemFor(request)));
  }

  private logOutage(error: unknown): void {
    if (Date.now() - this.loggedAt < LOG_EVERY_MS) return;
    this.loggedAt = Date.now();
    this.log.warn(`requests are answered 503: ${chainOf(error)}`);
  }
}

/** Sends one problem document. */
export function sendProblem(
  reply: FastifyReply,
  { status, code, detail, errors, headers }: Answer,
): FastifyReply {
  const document: ProblemDocument = {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code,
    detail,
    ...(errors && errors.length > 0 ? { errors } : {}),
  };
  return reply
    .status(status)
    .headers(headers ?? {})
    .header('content-type', 'application/problem+json; charset=utf-8')
    .send(JSON.stringify(document));
}

/** What an error is to the client. A broken rule of the domain is 409, or 422 when it names the field at fault. */
export function answerTo(error: unknown): Answer {
  if (error instanceof Problem) {
    const { code, detail, errors, headers } = error;
    return { status: error.getStatus(), code, detail, errors, headers };
  }
  if (error instanceof Refused) return refused(error);
  if (error instanceof WrongExpectedVersion) {
    return {
      status: 409,
      code: 'changed-meanwhile',
      detail: 'Somebody else changed it at the same time; read it and try again',
    };
  }
  if (error instanceof StoreUnavailable) return unavailable(error.message, error.retryAfterSeconds);
  if (codeOf(error) === DISK_FULL)
    return unavailable('The disk of the database is full; try again later', 30);
  if (isOutage(error)) return unavailable('The database does not answer just now; try again', 2);
  if (error instanceof HttpException) return ofStatus(error.getStatus(), error.message);
  return {
    status: 500,
    code: 'internal',
    detail: 'Something went wrong on our side; it has been logged',
  };
}

function unavailable(detail: string, retryAfterSeconds: number): Answer {
  const headers = { 'retry-after': String(Math.max(1, Math.ceil(retryAfterSeconds))) };
  return { status: 503, code: 'unavailable', detail, headers };
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';

/** What went wrong, and why. */
function chainOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${chainOf(error.cause)}`;
}

function refused({ code, message, path }: Refused): Answer {
  const status = code.endsWith('-not-found') ? 404 : path === undefined ? 409 : 422;
  return { status, code, detail: message, ...(path === undefined ? {} : { errors: [{ path, message }] }) };
}

const CODES: Readonly<Record<number, string>> = {
  400: 'bad-request',
  404: 'not-found',
  405: 'method-not-allowed',
  408: 'request-timeout',
  413: 'too-large',
  414: 'uri-too-long',
  415: 'unsupported-media-type',
  503: 'unavailable',
};

/** What Nest makes of its own refusals and of Fastify's: unreadable JSON, a body over the limit, no such route. */
function ofStatus(status: number, message: string): Answer {
  const detail = status === 413 ? 'The request body is over the limit of 1 MB' : message;
  const unreadable = status === 400 && /JSON|body/i.test(message);
  return { status, code: unreadable ? 'unreadable-body' : (CODES[status] ?? 'http-error'), detail };
}
