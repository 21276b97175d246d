import { Controller, Get, Inject, Query as QueryString, type Type, UseGuards } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { AuthGuard, RequestWorkspace } from '../../http/auth.guard.js';
import { ENGAGEMENT, type Engagement } from '../engagement/engagement.js';
import type { RawParams } from '../params.js';
import { QueryDocs } from '../query-docs.js';
import type { ParameterName } from '../query-parameters.js';
import { type ReadRequest, ReadModels, type View } from '../read-models.js';
import { SEGMENT_PROJECTIONS } from '../segments.js';
import { asksSegments } from './cut-request.js';

/** A figure of `GET /api/metrics/…`: one file with its answer, its SQL and its route. */
export interface Metric {
  /** Last part of its path. */
  readonly name: string;
  readonly controller: Type;
  readonly handler: Type<IQueryHandler>;
}

/** Of the parameters of a metric, what all have, and what those with cuts have. */
interface MetricRequest {
  readonly request: ReadRequest;
  readonly by?: readonly string[];
  readonly segment?: string | undefined;
}

interface MetricDefinition<Asked extends MetricRequest, Answer extends object> {
  /** Last part of its path. */
  readonly name: string;
  readonly summary: string;
  /** What it counts, with a worked example. */
  readonly description: string;
  readonly answer: Type<Answer>;
  readonly parameters: readonly ParameterName[];
  /** Whose read models it reads, besides those of segments. */
  readonly projections: readonly string[];
  /** Reads the parameters. @throws Problem 400 naming every parameter at fault */
  readonly parse: (workspace: string, given: RawParams) => Asked;
  readonly find: (view: View, asked: Asked, engagement: Engagement) => Promise<Answer>;
}

/** Metrics hash and sort a row for each lead and content; with the default most of their time would go to temporary files. */
export const MEMORY = `SET LOCAL work_mem = '64MB'`;

/** The route and the handler of a metric. */
export function defineMetric<Asked extends MetricRequest, Answer extends object>(
  metric: MetricDefinition<Asked, Answer>,
): Metric {
  const { name, summary, description, answer, parameters, projections } = metric;

  class FindMetric extends Query<Answer> {
    constructor(readonly asked: Asked) {
      super();
    }
  }

  @QueryHandler(FindMetric)
  class FindMetricHandler implements IQueryHandler<FindMetric> {
    constructor(
      @Inject(ReadModels) private readonly models: ReadModels,
      @Inject(ENGAGEMENT) private readonly engagement: Engagement,
    ) {}

    execute({ asked }: FindMetric): Promise<Answer> {
      const needed = asksSegments(asked) ? [...projections, ...SEGMENT_PROJECTIONS] : projections;
      return this.models.view(asked.request, needed, async (view) => {
        await view.tx.query(MEMORY);
        return metric.find(view, asked, this.engagement);
      });
    }
  }

  @ApiTags('Metrics')
  @UseGuards(AuthGuard)
  @Controller(`api/metrics/${name}`)
  class MetricController {
    constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

    @Get()
    @QueryDocs({ summary, description, answer, parameters })
    find(@RequestWorkspace() workspace: string, @QueryString() given: RawParams): Promise<Answer> {
      return this.queries.execute(new FindMetric(metric.parse(workspace, given)));
    }
  }
  // Operations of the OpenAPI document are named after their controllers.
  Object.defineProperty(MetricController, 'name', { value: `${operationName(name)}Controller` });
  return { name, controller: MetricController, handler: FindMetricHandler };
}

const operationName = (name: string): string =>
  name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
