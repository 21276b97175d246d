import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ANY_TEXT } from './cursor.js';
import { PAGE_PARAMETERS, pageOf, type PageRequest, pageRequestOf } from './page-request.js';
import { Params, type RawParams } from './params.js';
import { ReadModels } from './read-models.js';
import { LogPosition, MaybeText, NestedList, PageAnswer, Text } from './response-fields.js';
import { allOf, rows, sql } from './sql.js';
import { validAt } from './valid-at.js';

export class CampaignItem {
  @Text('Id, as touchpoints name it') campaignId!: string;
  @MaybeText('Name') name!: string | null;
  @MaybeText('Investments in the campaign are also investments in this source') source!: string | null;
  @MaybeText('Investments in the campaign are also investments in this channel') channel!: string | null;
  @LogPosition('Position of the event that described it') position!: string;
}

export class CampaignsAnswer extends PageAnswer {
  @NestedList('Defined campaigns by id', () => CampaignItem) items!: CampaignItem[];
}

export class FindCampaigns extends Query<CampaignsAnswer> {
  readonly request: PageRequest;

  /** @throws Problem 400 naming every parameter at fault */
  constructor(workspace: string, given: RawParams) {
    super();
    const params = new Params(given, PAGE_PARAMETERS);
    this.request = pageRequestOf(workspace, params, { name: 'campaigns', given, shapes: [ANY_TEXT] });
  }
}

@QueryHandler(FindCampaigns)
export class FindCampaignsHandler implements IQueryHandler<FindCampaigns> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute({ request }: FindCampaigns): Promise<CampaignsAnswer> {
    const [id] = request.after ?? [];
    return this.models.view(request, ['catalogue'], async (view) => {
      const found = await rows<CampaignItem>(
        view.tx,
        sql`
        SELECT c.campaign_id AS "campaignId", c.name, c.source, c.channel, c.known_from AS position
        FROM touchline.campaign c
        WHERE c.workspace = ${view.workspace} AND ${validAt('c', view.asOf)}
          AND ${allOf([id === undefined ? undefined : sql`c.campaign_id COLLATE "C" > ${id}`])}
        ORDER BY c.campaign_id COLLATE "C"
        LIMIT ${request.limit + 1}`,
      );
      const { page, next } = pageOf(request, view, found, (row) => [row.campaignId]);
      return { asOf: String(view.asOf), modelVersion: view.modelVersion, items: [...page], next };
    });
  }
}
