import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { Problem } from '../http/problem.js';
import { JourneyModels } from './journey-models.js';
import { modelAnswer, type ModelAnswer } from './model.js';
import { POSITION_PARAMETERS, readRequestOf } from './page-request.js';
import { Params, type RawParams } from './params.js';
import { type ReadRequest, ReadModels } from './read-models.js';

export class FindModelVersion extends Query<ModelAnswer> {
  readonly request: ReadRequest;

  /** @throws Problem 400 */
  constructor(
    workspace: string,
    readonly version: string,
    given: RawParams,
  ) {
    super();
    const params = new Params(given, POSITION_PARAMETERS);
    this.request = readRequestOf(workspace, params);
    params.check();
  }
}

@QueryHandler(FindModelVersion)
export class FindModelVersionHandler implements IQueryHandler<FindModelVersion> {
  constructor(
    @Inject(ReadModels) private readonly models: ReadModels,
    @Inject(JourneyModels) private readonly journeyModels: JourneyModels,
  ) {}

  /** @throws Problem 404 `model-not-found` */
  async execute({ request, version }: FindModelVersion): Promise<ModelAnswer> {
    const asOf = await this.models.position(request);
    const all = await this.journeyModels.upTo(request.workspace, asOf);
    const event = all.find((each) => String(each.version) === version);
    if (!event) throw new Problem(404, 'model-not-found', `The journey model has no version ${version}`);
    return modelAnswer(asOf, event);
  }
}
