import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Inject,
  Injectable,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { KeyStore } from './keys.js';
import { OperatorKey } from './operator-key.js';
import { Problem } from './problem.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Slug of the workspace whose API key the request carries; set by AuthGuard. */
    workspace?: string;
  }
}

/**
 * Lets a request pass that carries an API key as Bearer, and ties it to the workspace of that key. Admission asks it before
 * the body is read; Nest's guards run after.
 */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    @Inject(KeyStore) private readonly keys: KeyStore,
    @Inject(OperatorKey) private readonly operator: OperatorKey,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (request.workspace === undefined) await this.authenticate(request);
    return true;
  }

  /** @returns the workspace @throws Problem 401, StoreUnavailable */
  async authenticate(request: FastifyRequest): Promise<string> {
    const key = bearerOf(request.headers.authorization);
    if (key === undefined)
      throw unauthorized('api-key-missing', 'Send an API key: "Authorization: Bearer ak_…"');
    if (this.operator.matches(key)) throw unauthorized('api-key-unknown', OPERATOR_KEY_SENT);
    const workspace = await this.keys.resolveApiKey(key);
    if (workspace === undefined) throw unauthorized('api-key-unknown', API_KEY_UNKNOWN);
    request.workspace = workspace;
    return workspace;
  }
}

export const API_KEY_UNKNOWN = 'This API key is unknown or revoked; a write key does not open the API';
const OPERATOR_KEY_SENT =
  'This is the operator key, which opens no workspace; send an API key of the workspace';

/** The key of a Bearer authorization header, undefined when there is none. */
export const bearerOf = (header: string | undefined): string | undefined =>
  /^bearer +(\S+) *$/i.exec(header ?? '')?.[1];

const unauthorized = (code: string, detail: string): Problem =>
  new Problem(401, code, detail, [], { 'www-authenticate': 'Bearer realm="touchline"' });

/** Slug of the workspace that the request's API key opens, for handlers behind AuthGuard. */
export const RequestWorkspace = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { workspace } = context.switchToHttp().getRequest<FastifyRequest>();
  if (workspace === undefined)
    throw new Error('a handler takes RequestWorkspace but is not behind AuthGuard');
  return workspace;
});
