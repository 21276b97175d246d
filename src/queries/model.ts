import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiProperty } from '@nestjs/swagger';
import type { Position } from '../domain/events.js';
import type { JourneyModel } from '../domain/model/journey-model.js';
import { Problem } from '../http/problem.js';
import { readRequestOf, POSITION_PARAMETERS } from './page-request.js';
import { Answer, Instant, LogPosition, MaybeText, Text, Uuid, Integer } from './response-fields.js';
import { JourneyModels, type ModelEvent } from './journey-models.js';
import { Params, type RawParams } from './params.js';
import { type ReadRequest, ReadModels } from './read-models.js';

/** One published version of the journey model. */
export class ModelVersionItem {
  @Integer('Counts from 1 in the workspace') version!: number;
  @Text('Name of the model') name!: string;
  @Instant('When it was published') publishedAt!: Date;
  @MaybeText('Who published it') by!: string | null;
  @Uuid('The event that published it') eventId!: string;
  @LogPosition('Position of that event: reports `asOf` it or later use this version') position!: string;
}

export class ModelAnswer extends Answer {
  @Text('Name of the model') name!: string;
  @Instant('When it was published') publishedAt!: Date;
  @MaybeText('Who published it') by!: string | null;
  @Uuid('The event that published it') eventId!: string;
  @LogPosition('Position of that event') position!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'The whole document: personas, stages, scoring, contents, attribution',
  })
  document!: JourneyModel;
}

export class FindModel extends Query<ModelAnswer> {
  readonly request: ReadRequest;

  /** @throws Problem 400 */
  constructor(workspace: string, given: RawParams) {
    super();
    const params = new Params(given, POSITION_PARAMETERS);
    this.request = readRequestOf(workspace, params);
    params.check();
  }
}

@QueryHandler(FindModel)
export class FindModelHandler implements IQueryHandler<FindModel> {
  constructor(
    @Inject(ReadModels) private readonly models: ReadModels,
    @Inject(JourneyModels) private readonly journeyModels: JourneyModels,
  ) {}

  /** @throws Problem 404 `model-not-found` before the first is published */
  async execute({ request }: FindModel): Promise<ModelAnswer> {
    const asOf = await this.models.position(request);
    const event = await this.journeyModels.at(request.workspace, asOf);
    if (!event)
      throw new Problem(404, 'model-not-found', `No journey model is published at position ${asOf}`);
    return modelAnswer(asOf, event);
  }
}

export function modelAnswer(asOf: Position, event: ModelEvent): ModelAnswer {
  const { version: modelVersion, ...item } = versionItem(event);
  return { asOf: String(asOf), modelVersion, ...item, document: event.data.document };
}

export const versionItem = (event: ModelEvent): ModelVersionItem => ({
  version: event.version,
  name: event.data.document.name,
  publishedAt: event.occurredAt,
  by: event.data.by ?? null,
  eventId: event.id,
  position: String(event.position),
});
