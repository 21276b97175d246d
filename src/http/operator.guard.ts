import {
  applyDecorators,
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Inject,
  Injectable,
  UseGuards,
} from '@nestjs/common';
import { ApiResponse, ApiSecurity } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { AuthGuard, bearerOf } from './auth.guard.js';
import { OperatorKey } from './operator-key.js';
import { Problem } from './problem.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The request carries the operator key; set by AnyKeyGuard. */
    isOperator?: boolean;
  }
}

/** Name of the operator key among the security schemes of the OpenAPI document. */
export const OPERATOR_SCHEME = 'operatorKey';

/** Lets the operator key pass, which sees all workspaces, and every API key, which sees its own. */
@Injectable()
export class AnyKeyGuard implements CanActivate {
  constructor(
    @Inject(OperatorKey) private readonly operator: OperatorKey,
    @Inject(AuthGuard) private readonly auth: AuthGuard,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const key = bearerOf(request.headers.authorization);
    if (key === undefined || !this.operator.matches(key)) return this.auth.canActivate(context);
    return (request.isOperator = true);
  }
}

/** Behind AnyKeyGuard: the workspace whose API key the request carries; undefined for the operator, who sees all. */
export const VisibleWorkspace = createParamDecorator(
  (_: unknown, context: ExecutionContext): string | undefined => {
    const { workspace, isOperator = false } = context.switchToHttp().getRequest<FastifyRequest>();
    if (workspace === undefined && !isOperator)
      throw new Error('a handler takes VisibleWorkspace but is not behind AnyKeyGuard');
    return workspace;
  },
);

/** Lets nobody pass but the operator. The refusal of an API key names the key that is needed. */
@Injectable()
export class OperatorGuard implements CanActivate {
  constructor(
    @Inject(OperatorKey) private readonly operator: OperatorKey,
    @Inject(AuthGuard) private readonly auth: AuthGuard,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const key = bearerOf(context.switchToHttp().getRequest<FastifyRequest>().headers.authorization);
    if (key !== undefined && this.operator.matches(key)) return true;
    await this.auth.canActivate(context);
    throw new Problem(403, 'operator-key-required', this.needed());
  }

  private needed(): string {
    const why = 'This reaches beyond one workspace, so an API key does not open it';
    return this.operator.isConfigured
      ? `${why}: send the operator key (TOUCHLINE_OPERATOR_KEY) as Bearer, or use \`npx touchline\` on the server`
      : `${why}, and this server has no operator key: use \`npx touchline\` on the server, or set TOUCHLINE_OPERATOR_KEY`;
  }
}

/** An operation that only the operator may call. */
export const OperatorOnly = (): MethodDecorator =>
  applyDecorators(
    UseGuards(OperatorGuard),
    ApiSecurity(OPERATOR_SCHEME),
    ApiResponse({
      status: 403,
      description: '`operator-key-required`: an API key does not open it',
      content: {
        'application/problem+json': {
          example: {
            type: 'about:blank',
            title: 'Forbidden',
            status: 403,
            code: 'operator-key-required',
            detail:
              'This reaches beyond one workspace, so an API key does not open it: send the operator key (TOUCHLINE_OPERATOR_KEY) as Bearer, or use `npx touchline` on the server',
          },
        },
      },
    }),
  );
