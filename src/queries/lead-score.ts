import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { halfLifeOfLead } from './applied-models.js';
import { PAGE_PARAMETERS, type PageRequest, pageRequestOf, pageOf } from './page-request.js';
import { INSTANT, UUID } from './cursor.js';
import { Instant, MaybeText, PageAnswer, NestedList, Decimal, Text, Uuid } from './response-fields.js';
import { decayed, leadRows, personaAt, scoreNow } from './lead-rows.js';
import { Params, type RawParams } from './params.js';
import { runningScores } from './running-scores.js';
import { ReadModels, type View } from './read-models.js';
import { validAt } from './valid-at.js';
import { allOf, firstRow, raw, rows, sql } from './sql.js';
import { resolveLead } from './resolve-lead.js';

/** One row of the score ledger. */
export class ScoreItem {
  @Instant('When the touchpoint happened') occurredAt!: Date;
  @Text('The rule of the model that gave the points') rule!: string;
  @Decimal('Points given, negative ones too') points!: number;
  @Decimal('Value after decay at the time of the response, two decimals') worth!: number;
  @Decimal('Score right after, two decimals') scoreAfter!: number;
  @Uuid('The touchpoint') eventId!: string;
  @MaybeText('Persona for which the rules were evaluated') persona!: string | null;
}

export class LeadScoreAnswer extends PageAnswer {
  @Uuid('The lead') leadId!: string;
  @Decimal('Σ points · 0.5^((at − occurredAt) / half-life) over the ledger, two decimals') score!: number;
  @Instant('Time of the score: when the event at `asOf` was recorded') at!: Date;
  @Decimal('Half-life of points in days') halfLifeDays!: number;
  @NestedList('The ledger by occurredAt', () => ScoreItem) items!: ScoreItem[];
}

export class FindLeadScore extends Query<LeadScoreAnswer> {
  readonly request: PageRequest;

  /** @throws Problem 400 */
  constructor(
    workspace: string,
    readonly named: string,
    given: RawParams,
  ) {
    super();
    const params = new Params(given, PAGE_PARAMETERS);
    this.request = pageRequestOf(workspace, params, {
      name: `score ${named}`,
      given,
      shapes: [INSTANT, UUID],
    });
  }
}

interface Row {
  occurred_at: Date;
  rule: string;
  points: number;
  worth: number;
  score_after: number;
  event_id: string;
  persona: string | null;
}

@QueryHandler(FindLeadScore)
export class FindLeadScoreHandler implements IQueryHandler<FindLeadScore> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute({ request, named }: FindLeadScore): Promise<LeadScoreAnswer> {
    return this.models.view(request, ['journey'], async (view) => {
      const leadId = await resolveLead(view, named);
      const score = await scoreOf(view, leadId);
      const found = await ledger(view, request, leadId);
      const { page, next } = pageOf(request, view, found, (row) => [
        row.occurred_at.toISOString(),
        row.event_id,
      ]);
      return {
        asOf: String(view.asOf),
        modelVersion: view.modelVersion,
        leadId,
        score,
        at: view.at,
        halfLifeDays: halfLifeOfLead(view, leadId),
        items: page.map(itemOf),
        next,
      };
    });
  }
}

async function scoreOf(view: View, leadId: string): Promise<number> {
  const query = sql`
    SELECT ${scoreNow(view, 'l')} AS score FROM (${await leadRows(view)}) l WHERE l.lead_id = ${leadId}::uuid`;
  return (await firstRow<{ score: number }>(view.tx, query))?.score ?? 0;
}

function ledger(view: View, { after, limit }: PageRequest, leadId: string): Promise<Row[]> {
  const [at, id] = after ?? [];
  const beyond = after && sql`(s.occurred_at, s.event_id) > (${at}::timestamptz, ${id}::uuid)`;
  const points = {
    lead: raw('s.lead_id'),
    score: raw('s.points'),
    since: raw('s.occurred_at'),
    to: sql`${view.at}::timestamptz`,
  };
  const leadCondition = sql`s.workspace = ${view.workspace} AND s.lead_id = ${leadId}::uuid`;
  return rows<Row>(
    view.tx,
    sql`
    WITH page AS (
      SELECT s.lead_id, s.occurred_at, s.event_id, s.rule, s.points
      FROM touchline.score_change s
      WHERE ${allOf([leadCondition, validAt('s', view.asOf), beyond])}
      ORDER BY s.occurred_at, s.event_id
      LIMIT ${limit + 1})
    SELECT s.occurred_at, s.rule, s.points, s.event_id, ${personaAt(view, leadId)} AS persona, ${decayed(view, points)} AS worth,
           round((scored.after).score::numeric, 2)::float8 AS score_after
    FROM page s
    JOIN (${runningScores(view, raw('page'))}) scored USING (event_id)
    ORDER BY s.occurred_at, s.event_id`,
  );
}

const itemOf = (row: Row): ScoreItem => ({
  occurredAt: row.occurred_at,
  rule: row.rule,
  points: row.points,
  worth: row.worth,
  scoreAfter: row.score_after,
  eventId: row.event_id,
  persona: row.persona,
});
