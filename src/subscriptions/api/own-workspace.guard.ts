import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AuthGuard } from '../../http/auth.guard.js';
import { AnyKeyGuard, OperatorGuard } from '../../http/operator.guard.js';
import { OperatorKey } from '../../http/operator-key.js';

/** Lets the operator pass, and an API key whose own workspace is the `workspace` of the query. */
@Injectable()
export class OwnWorkspaceGuard extends OperatorGuard {
  private readonly anyKey: AnyKeyGuard;

  constructor(@Inject(OperatorKey) operator: OperatorKey, @Inject(AuthGuard) auth: AuthGuard) {
    super(operator, auth);
    this.anyKey = new AnyKeyGuard(operator, auth);
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    await this.anyKey.canActivate(context);
    const { isOperator, workspace, query } = context.switchToHttp().getRequest<FastifyRequest>();
    if (isOperator) return true;
    const isOwn = workspace !== undefined && (query as { workspace?: unknown }).workspace === workspace;
    return isOwn || super.canActivate(context);
  }
}
