import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { POSITION_PARAMETERS, readRequestOf } from './page-request.js';
import { Params, type RawParams } from './params.js';
import { type ReadRequest, ReadModels, type View } from './read-models.js';
import { resolveLead } from './resolve-lead.js';
import { Answer, Instant, Integer, MaybeInstant, NestedList, Text, Uuid } from './response-fields.js';
import { moment, SEGMENT_PROJECTIONS } from './segments.js';
import { rows, sql, type Sql } from './sql.js';

export class SegmentStay {
  @Text('Id of the segment') segment!: string;
  @Instant('When the lead entered') enteredAt!: Date;
  @MaybeInstant('When it left; null: it is in the segment') leftAt!: Date | null;
  @Integer('Version of the journey model by which it entered') modelVersion!: number;
}

export class LeadSegmentsAnswer extends Answer {
  @Uuid('The lead') leadId!: string;
  @NestedList('Each stay in a segment, the last first', () => SegmentStay) items!: SegmentStay[];
}

export class FindLeadSegments extends Query<LeadSegmentsAnswer> {
  readonly request: ReadRequest;

  /** @param named a lead id, an alias or a key. @throws Problem 400 */
  constructor(
    workspace: string,
    readonly named: string,
    given: RawParams,
  ) {
    super();
    const params = new Params(given, POSITION_PARAMETERS);
    this.request = readRequestOf(workspace, params);
    params.check();
  }
}

@QueryHandler(FindLeadSegments)
export class FindLeadSegmentsHandler implements IQueryHandler<FindLeadSegments> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute({ request, named }: FindLeadSegments): Promise<LeadSegmentsAnswer> {
    return this.models.view(request, SEGMENT_PROJECTIONS, async (view) => {
      const leadId = await resolveLead(view, named);
      return { ...moment(view), leadId, items: await rows<SegmentStay>(view.tx, staysOf(view, leadId)) };
    });
  }
}

/** A stay that ended after the position had not ended there. */
const staysOf = ({ workspace, asOf }: View, leadId: string): Sql => sql`
  SELECT m.segment_id AS segment, m.entered_at AS "enteredAt",
         CASE WHEN m.superseded_at <= ${asOf} THEN m.left_at END AS "leftAt", m.model_version AS "modelVersion"
  FROM touchline.segment_membership m
  WHERE m.workspace = ${workspace} AND m.lead_id = ${leadId}::uuid AND m.known_from <= ${asOf}
  ORDER BY m.entered_at DESC, m.segment_id`;
