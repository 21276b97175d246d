import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { PAGE_PARAMETERS, type PageRequest, pageRequestOf, pageOf } from './page-request.js';
import { PageAnswer, NestedList } from './response-fields.js';
import { JourneyModels } from './journey-models.js';
import { versionItem, ModelVersionItem } from './model.js';
import { Params, type RawParams } from './params.js';
import { ReadModels } from './read-models.js';

export class ModelVersionsAnswer extends PageAnswer {
  @NestedList('Versions, newest first', () => ModelVersionItem) items!: ModelVersionItem[];
}

export class FindModelVersions extends Query<ModelVersionsAnswer> {
  readonly request: PageRequest;

  /** @throws Problem 400 */
  constructor(workspace: string, given: RawParams) {
    super();
    this.request = pageRequestOf(workspace, new Params(given, PAGE_PARAMETERS), {
      name: 'models',
      given,
      shapes: [/^\d{1,9}$/],
    });
  }
}

@QueryHandler(FindModelVersions)
export class FindModelVersionsHandler implements IQueryHandler<FindModelVersions> {
  constructor(
    @Inject(ReadModels) private readonly models: ReadModels,
    @Inject(JourneyModels) private readonly journeyModels: JourneyModels,
  ) {}

  async execute({ request }: FindModelVersions): Promise<ModelVersionsAnswer> {
    const asOf = await this.models.position(request);
    const before = Number(request.after?.[0] ?? Infinity);
    const all = (await this.journeyModels.upTo(request.workspace, asOf)).toReversed();
    const found = all.filter(({ version }) => version < before).slice(0, request.limit + 1);
    const { page, next } = pageOf(request, { asOf }, found, ({ version }) => [String(version)]);
    const modelVersion = all[0]?.version ?? 0;
    return { asOf: String(asOf), modelVersion, items: page.map(versionItem), next };
  }
}
