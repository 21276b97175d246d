import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { halfLifeOfLead } from './applied-models.js';
import { ApiProperty } from '@nestjs/swagger';
import { VERDICTS, type Traits } from '../domain/touchpoint.js';
import { REASON_CODES } from '../domain/verdict/reasons.js';
import { readRequestOf, POSITION_PARAMETERS } from './page-request.js';
import {
  Answer,
  Instant,
  MaybeNested,
  MaybeText,
  Nested,
  NestedList,
  Decimal,
  Text,
  Texts,
  Uuid,
  Integer,
  Enum,
  Enums,
} from './response-fields.js';
import { addressReason, AddressReason } from './lead-address.js';
import { accountReason, AccountReason, fitReason, FitReason } from './lead-fit.js';
import { ConflictItem, conflictsOf } from './identity-conflicts.js';
import { keysOf, LinkItem, linksOf } from './identity-links.js';
import { decayed, leadRows, lifecycleOf, LIFECYCLE_PROJECTIONS, scoreNow } from './lead-rows.js';
import { DecisionItem, decisionsOn, ReadinessItem, readinessOf } from './lead-readiness.js';
import { StageItem, stagesOf } from './lead-stages.js';
import { STATUSES } from './opportunity-rows.js';
import { LIFECYCLES } from '../domain/lifecycle.js';
import { Params, type RawParams } from './params.js';
import { type ReadRequest, ReadModels, type View } from './read-models.js';
import { validAt } from './valid-at.js';
import { firstRow, rows, sql, type Sql } from './sql.js';
import { VerdictChange, verdictChanges } from './verdict-changes.js';
import { leadNotFound, resolveLead } from './resolve-lead.js';

export class RulePoints {
  @Text('Rule of the model') rule!: string;
  @Integer('How often it gave points') times!: number;
  @Decimal('Sum of its points') points!: number;
  @Decimal('Their value after decay, two decimals') worth!: number;
}

export class OpportunityOfLead {
  @Text('The opportunity') opportunityId!: string;
  @Enum('Open, won or lost', STATUSES) status!: string;
  @Text("The lead's role on its committee") role!: string;
  @Uuid('The event that assigned the role') eventId!: string;
}

export class VerdictCount {
  @Enum('Who is assumed to have acted; only human and unknown count', VERDICTS) verdict!: string;
  @Enums('Why', REASON_CODES) reasons!: string[];
  @Integer('How many touchpoints of the lead') touchpoints!: number;
}

export class LeadExplanation extends Answer {
  @Uuid('The lead') leadId!: string;
  @Texts('Keys of the lead') keys!: string[];
  @NestedList('Links between these keys and to others, each with the event that created it', () => LinkItem)
  links!: LinkItem[];
  @NestedList('Claims of public write keys that would join it and another lead', () => ConflictItem)
  conflicts!: ConflictItem[];
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'Latest value of each trait' })
  traits!: Traits;
  @MaybeNested('What its e-mail address is; null: it has none', () => AddressReason)
  address!: AddressReason | null;
  @MaybeNested('Why the lead belongs to its account; null: it has no account', () => AccountReason)
  account!: AccountReason | null;
  @Nested('Persona and grade with their rules', () => FitReason) fit!: FitReason;
  @MaybeText('Buying stage') stage!: string | null;
  @MaybeNested('The stage change that led to it', () => StageItem) stageSince!: StageItem | null;
  @Decimal('Score at `at`, two decimals') score!: number;
  @Instant('Time of the score: when the event at `asOf` was recorded') at!: Date;
  @Decimal('Half-life of points in days') halfLifeDays!: number;
  @NestedList('The score by rule, highest value first; GET …/score has each touchpoint', () => RulePoints)
  scoreByRule!: RulePoints[];
  @NestedList('Its touchpoints by verdict and reasons', () => VerdictCount) verdicts!: VerdictCount[];
  @NestedList('The latest 100 touchpoints whose verdict other events changed', () => VerdictChange)
  verdictChanges!: VerdictChange[];
  @Enum('State of the lead in our process', LIFECYCLES) lifecycle!: string;
  @Nested(
    'Whether the lead is ready for sales by the lead definition of its persona at `at`, and why',
    () => ReadinessItem,
  )
  readiness!: ReadinessItem;
  @NestedList(
    'What was decided on the lead and on those that were merged into it, in the order of the log',
    () => DecisionItem,
  )
  decisions!: DecisionItem[];
  @NestedList('Opportunities that decide the lifecycle', () => OpportunityOfLead)
  opportunities!: OpportunityOfLead[];
}

export class ExplainLead extends Query<LeadExplanation> {
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

@QueryHandler(ExplainLead)
export class ExplainLeadHandler implements IQueryHandler<ExplainLead> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute({ request, named }: ExplainLead): Promise<LeadExplanation> {
    return this.models.view(request, LIFECYCLE_PROJECTIONS, async (view) => {
      const leadId = await resolveLead(view, named);
      const state = await stateOf(view, leadId);
      if (state === undefined) throw leadNotFound(view, named);
      const keys = await keysOf(view, leadId);
      const moves = await stagesOf(view, leadId);
      return {
        asOf: String(view.asOf),
        modelVersion: view.modelVersion,
        leadId,
        keys,
        links: await linksOf(view, keys),
        conflicts: await conflictsOf(view, keys),
        traits: state.traits,
        address: await addressReason(view, leadId),
        account: await accountReason(view, leadId),
        fit: fitReason(view.model?.data.document, state.traits, state.email),
        stage: state.stage,
        stageSince: moves.at(-1) ?? null,
        score: state.score,
        at: view.at,
        halfLifeDays: halfLifeOfLead(view, leadId),
        scoreByRule: await pointsByRule(view, leadId),
        verdicts: await verdictsOf(view, leadId),
        verdictChanges: [...(await verdictChanges(view, judgedAgain(view, leadId)))],
        lifecycle: state.lifecycle,
        readiness: await readinessOf(view, leadId),
        decisions: await decisionsOn(view, leadId),
        opportunities: await opportunitiesOf(view, leadId),
      };
    });
  }
}

interface StateRow {
  stage: string | null;
  score: number;
  lifecycle: string;
  traits: Traits;
  email: string | null;
}

const stateOf = async (view: View, leadId: string): Promise<StateRow | undefined> =>
  firstRow<StateRow>(
    view.tx,
    sql`
    SELECT l.stage, ${scoreNow(view, 'l')} AS score, ${lifecycleOf(view, 'l')} AS lifecycle, p.traits, p.email
    FROM (${await leadRows(view)}) l
    JOIN touchline.lead_profile p
      ON p.workspace = ${view.workspace} AND p.lead_id = l.lead_id AND ${validAt('p', view.asOf)}
    WHERE l.lead_id = ${leadId}::uuid`,
  );

/** Decimal sums, because adding up doubles would depend on the order of the rows. */
function pointsByRule(view: View, leadId: string): Promise<RulePoints[]> {
  const { workspace, asOf, at } = view;
  const points = {
    lead: sql`s.lead_id`,
    score: sql`s.points`,
    since: sql`s.occurred_at`,
    to: sql`${at}::timestamptz`,
  };
  return rows<RulePoints & { rule: string }>(
    view.tx,
    sql`
    SELECT s.rule, count(*)::int AS times, sum(s.points::numeric)::float8 AS points,
           sum((${decayed(view, points)})::numeric)::float8 AS worth
    FROM touchline.score_change s
    WHERE s.workspace = ${workspace} AND s.lead_id = ${leadId}::uuid AND ${validAt('s', asOf)}
    GROUP BY s.rule
    ORDER BY worth DESC, s.rule COLLATE "C"`,
  );
}

function verdictsOf({ tx, workspace, asOf }: View, leadId: string): Promise<VerdictCount[]> {
  return rows<VerdictCount & { verdict: string }>(
    tx,
    sql`
    SELECT j.verdict, coalesce((j.detail -> 'reasons')::jsonb, '[]') AS reasons, count(*)::int AS touchpoints
    FROM touchline.journey j
    WHERE j.workspace = ${workspace} AND j.lead_id = ${leadId}::uuid AND ${validAt('j', asOf)}
    GROUP BY 1, 2
    ORDER BY touchpoints DESC, j.verdict COLLATE "C", reasons`,
  );
}

/** Versions after the first one begin at the position of another event. */
const judgedAgain = ({ workspace, asOf }: View, leadId: string): Sql => sql`
  SELECT j.event_id FROM touchline.journey j
  WHERE j.workspace = ${workspace} AND j.lead_id = ${leadId}::uuid AND ${validAt('j', asOf)}
    AND j.known_from > j.position AND (j.kind IN ('email_open', 'email_click') OR j.detail -> 'recorded' IS NOT NULL)
  ORDER BY j.occurred_at DESC, j.event_id DESC
  LIMIT 100`;

async function opportunitiesOf({ tx, workspace, asOf }: View, leadId: string): Promise<OpportunityOfLead[]> {
  interface Row {
    opportunity_id: string;
    status: string;
    role: string;
    event_id: string;
  }
  const opportunities = await rows<Row>(
    tx,
    sql`
    SELECT DISTINCT o.opportunity_id COLLATE "C" AS opportunity_id, o.status, c.role COLLATE "C" AS role, c.event_id
    FROM touchline.identity_key k
    JOIN touchline.opportunity_contact_key ever ON ever.workspace = k.workspace AND ever.key = k.key
    JOIN touchline.opportunity_contact c
      ON c.workspace = k.workspace AND c.opportunity_id = ever.opportunity_id AND k.key = ANY(c.keys)
      AND ${validAt('c', asOf)}
    JOIN touchline.opportunity o
      ON o.workspace = c.workspace AND o.opportunity_id = c.opportunity_id AND ${validAt('o', asOf)}
    WHERE k.workspace = ${workspace} AND k.lead_id = ${leadId}::uuid AND ${validAt('k', asOf)}
    ORDER BY 1, 3, 4`,
  );
  return opportunities.map((opportunity) => ({
    opportunityId: opportunity.opportunity_id,
    status: opportunity.status,
    role: opportunity.role,
    eventId: opportunity.event_id,
  }));
}
