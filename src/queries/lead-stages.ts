import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { readRequestOf, POSITION_PARAMETERS } from './page-request.js';
import { Answer, Instant, MaybeText, Nested, NestedList, Text, Uuid } from './response-fields.js';
import { personaAt } from './lead-rows.js';
import { Params, type RawParams } from './params.js';
import { type ReadRequest, ReadModels, type View } from './read-models.js';
import { validAt } from './valid-at.js';
import { rows, sql } from './sql.js';
import { resolveLead } from './resolve-lead.js';

export class StageCause {
  @Uuid('The touchpoint') eventId!: string;
  @Text('The rule of the model that matched') rule!: string;
}

/** One move between buying stages; a skipped stage is not filled in. */
export class StageItem {
  @MaybeText('Previous stage; null: none') from!: string | null;
  @Text('Stage entered') to!: string;
  @Instant('When') at!: Date;
  @Nested('The touchpoint that changed the stage', () => StageCause) cause!: StageCause;
  @MaybeText('Persona whose stages these are') persona!: string | null;
}

export class LeadStagesAnswer extends Answer {
  @Uuid('The lead') leadId!: string;
  @NestedList('All stage changes, oldest first', () => StageItem) items!: StageItem[];
}

export class FindLeadStages extends Query<LeadStagesAnswer> {
  readonly request: ReadRequest;

  /** @throws Problem 400 */
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

interface Row {
  from_stage: string | null;
  to_stage: string;
  at: Date;
  event_id: string;
  rule: string;
  persona: string | null;
}

@QueryHandler(FindLeadStages)
export class FindLeadStagesHandler implements IQueryHandler<FindLeadStages> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute({ request, named }: FindLeadStages): Promise<LeadStagesAnswer> {
    return this.models.view(request, ['journey'], async (view) => {
      const leadId = await resolveLead(view, named);
      const items = await stagesOf(view, leadId);
      return { asOf: String(view.asOf), modelVersion: view.modelVersion, leadId, items };
    });
  }
}

/** All moves between stages of a lead, in order. */
export async function stagesOf(view: View, leadId: string): Promise<StageItem[]> {
  const { tx, workspace, asOf } = view;
  const moves = await rows<Row>(
    tx,
    sql`
    SELECT t.from_stage, t.to_stage, t.at, t.event_id, t.rule, ${personaAt(view, leadId)} AS persona
    FROM touchline.stage_transition t
    WHERE t.workspace = ${workspace} AND t.lead_id = ${leadId}::uuid AND ${validAt('t', asOf)}
    ORDER BY t.at, t.event_id`,
  );
  return moves.map(({ from_stage: from, to_stage: to, at, event_id: eventId, rule, persona }) => ({
    from,
    to,
    at,
    cause: { eventId, rule },
    persona,
  }));
}
