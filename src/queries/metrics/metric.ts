import type { Type } from '@nestjs/common';
import type { IQueryHandler } from '@nestjs/cqrs';

/** A figure of `GET /api/metrics/…`: one file with its answer, its SQL and its route. */
export interface Metric {
  readonly controller: Type;
  readonly handler: Type<IQueryHandler>;
}
