import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { emailAddress } from '../domain/email.js';
import { identityKey } from '../domain/identity/keys.js';
import { GRADES } from '../domain/model/journey-model.js';
import { Problem, type ProblemError } from '../http/problem.js';
import { findLead } from '../read-models/lead-lookup.js';
import { PAGE_PARAMETERS, type PageRequest, pageRequestOf, pageOf } from './page-request.js';
import { DECIMAL, INSTANT, UUID } from './cursor.js';
import {
  MaybeInstant,
  MaybeText,
  PageAnswer,
  NestedList,
  Decimal,
  Bool,
  Uuid,
  Integer,
  Enum,
} from './response-fields.js';
import {
  lifecycleIs,
  leadColumns,
  lifecycleOf,
  LIFECYCLE_PROJECTIONS,
  leadRows,
  scoreNow,
} from './lead-rows.js';
import { type Lifecycle, LIFECYCLES } from '../domain/lifecycle.js';
import { Params, type RawParams } from './params.js';
import { ReadModels, type View } from './read-models.js';
import { checkSegment, isInSegment, SEGMENT_PROJECTIONS } from './segments.js';
import { validAt } from './valid-at.js';
import { allOf, raw, rows, sql, type Sql } from './sql.js';

/** One lead as a list shows it. */
export class LeadItem {
  @Uuid('Id of the lead; its former ids work as well') leadId!: string;
  @Bool('Whether the person has a known key (email, user, CRM)') known!: boolean;
  @MaybeText('Its latest e-mail address') email!: string | null;
  @MaybeText('Name, from the latest traits') name!: string | null;
  @MaybeText('Job title, from the latest traits') title!: string | null;
  @MaybeText('The company') accountId!: string | null;
  @MaybeText('Persona by the rules of the model') persona!: string | null;
  @MaybeText('Buying stage; null before the first') stage!: string | null;
  @Enum('State of the lead in our process', LIFECYCLES) lifecycle!: string;
  @Decimal('Score as of `asOf`, two decimals') score!: number;
  @MaybeText(`Fit, ${GRADES[0]} to F`) grade!: string | null;
  @MaybeInstant('First touchpoint') firstTouchAt!: Date | null;
  @MaybeInstant('Last touchpoint') lastTouchAt!: Date | null;
  @Integer('Touchpoints of all kinds and verdicts but superseded versions of activities')
  touchpoints!: number;
  @Integer(
    'Version of the journey model that it is computed with; below `modelVersion` until that has reached it',
  )
  leadModelVersion!: number;
}

export class LeadsAnswer extends PageAnswer {
  @NestedList('Leads in the requested order', () => LeadItem) items!: LeadItem[];
}

/** `score`: highest first; `recent`: last touch first; `leadId`: by id, the cheapest way through all of them. */
export const LEAD_SORTS = ['score', 'recent', 'leadId'] as const;
type LeadSort = (typeof LEAD_SORTS)[number];

const WITH_SEGMENTS = [...LIFECYCLE_PROJECTIONS, ...SEGMENT_PROJECTIONS];
const FILTERS = ['email', 'accountId', 'stage', 'lifecycle', 'minScore', 'persona', 'segment', 'sort'];

export class FindLeads extends Query<LeadsAnswer> {
  readonly email: string | undefined;
  readonly accountId: string | undefined;
  readonly stage: string | undefined;
  readonly persona: string | undefined;
  readonly segment: string | undefined;
  readonly lifecycle: Lifecycle | undefined;
  readonly minScore: number | undefined;
  readonly sort: LeadSort;
  readonly request: PageRequest;

  /** @throws Problem 400 naming every parameter at fault */
  constructor(workspace: string, given: RawParams) {
    super();
    const params = new Params(given, [...FILTERS, ...PAGE_PARAMETERS]);
    this.email = emailOf(params);
    this.accountId = params.text('accountId');
    this.stage = params.text('stage');
    this.persona = params.text('persona');
    this.segment = params.text('segment');
    this.lifecycle = params.oneOf('lifecycle', LIFECYCLES);
    this.minScore = params.number('minScore');
    this.sort = params.oneOf('sort', LEAD_SORTS) ?? 'score';
    const shapes = { score: [DECIMAL, UUID], recent: [INSTANT, UUID], leadId: [UUID] }[this.sort];
    this.request = pageRequestOf(workspace, params, { name: 'leads', given, shapes });
  }
}

/** A `+` that was not encoded arrives as a space, which no address holds. */
function emailOf(params: Params): string | undefined {
  const text = params.text('email');
  const address = text === undefined ? undefined : emailAddress(text.replaceAll(' ', '+'));
  if (text !== undefined && address === undefined)
    params.fault(
      'email-invalid',
      'email',
      `"${text}" is no e-mail address; in a URL a + in it is written %2B`,
    );
  return address;
}

/** What the SQL of a lead answers. */
export interface LeadRow {
  lead_id: string;
  known: boolean;
  email: string | null;
  name: string | null;
  title: string | null;
  account_id: string | null;
  persona: string | null;
  grade: string | null;
  stage: string | null;
  lifecycle: string;
  score: number;
  touchpoints: number;
  lead_model_version: number;
  first_touch_at: Date | null;
  last_touch_at: Date | null;
}

@QueryHandler(FindLeads)
export class FindLeadsHandler implements IQueryHandler<FindLeads> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute(query: FindLeads): Promise<LeadsAnswer> {
    const { request, segment } = query;
    const projections = segment === undefined ? LIFECYCLE_PROJECTIONS : WITH_SEGMENTS;
    return this.models.view(request, projections, async (view) => {
      checkNames(view, query);
      if (segment !== undefined) checkSegment(view, segment, 'segment');
      const found = await rows<LeadRow>(view.tx, await leadsPage(view, query));
      const { page, next } = pageOf(query.request, view, found, (row) => sortKeys(query.sort, row));
      return { asOf: String(view.asOf), modelVersion: view.modelVersion, items: page.map(leadItem), next };
    });
  }
}

/** A stage or persona that the model does not have would silently select no lead. @throws Problem 400 */
export function checkNames(
  { model, asOf }: View,
  { stage, persona }: { readonly stage: string | undefined; readonly persona: string | undefined },
): void {
  if (!model) return;
  const { personas, stages } = model.data.document;
  const allStages = [...stages, ...personas.flatMap((each) => each.stages ?? [])];
  const faults = [
    ...nameFault('stage', stage, allStages, asOf),
    ...nameFault('persona', persona, personas, asOf),
  ];
  const [first] = faults;
  if (first) throw new Problem(400, `${first.path}-unknown`, `${first.path}: ${first.message}`, faults);
}

function nameFault(
  path: string,
  value: string | undefined,
  known: readonly { readonly id: string }[],
  asOf: bigint,
): ProblemError[] {
  const ids = [...new Set(known.map(({ id }) => id))];
  if (value === undefined || ids.includes(value)) return [];
  return [{ path, message: `"${value}" is not in the journey model at ${asOf}; it has ${ids.join(', ')}` }];
}

/** The page is cut first; what only its rows need is looked up after. */
async function leadsPage(view: View, query: FindLeads): Promise<Sql> {
  const { workspace, asOf } = view;
  return sql`
    WITH page AS (
      SELECT * FROM (SELECT l.*, ${scoreNow(view, 'l')} AS score_now FROM (${await leadRows(view)}) l) l
      WHERE ${await conditions(view, query)}
      ORDER BY ${ORDERS[query.sort]}
      LIMIT ${query.request.limit + 1})
    SELECT ${leadColumns(view)}, p.name, p.title, ${lifecycleOf(view, 'l')} AS lifecycle, l.score_now AS score
    FROM page l
    JOIN touchline.lead_profile p
      ON p.workspace = ${workspace} AND p.lead_id = l.lead_id AND ${validAt('p', asOf)}
    ORDER BY ${ORDERS[query.sort]}`;
}

/** Null: no lead has the address. */
async function leadIdOf({ tx, workspace, asOf }: View, email: string): Promise<string | null> {
  const found = await findLead(tx, workspace, { column: 'key', value: identityKey('email', email) }, asOf);
  return found?.leadId ?? null;
}

async function conditions(view: View, query: FindLeads): Promise<Sql> {
  const is = (column: string, value: string | undefined): Sql | undefined =>
    value === undefined ? undefined : sql`l.${raw(column)} = ${value}`;
  return allOf([
    query.email === undefined ? undefined : sql`l.lead_id = ${await leadIdOf(view, query.email)}::uuid`,
    is('account_id', query.accountId),
    is('stage', query.stage),
    is('persona', query.persona),
    query.segment === undefined ? undefined : isInSegment(view, raw('l.lead_id'), query.segment),
    query.lifecycle && lifecycleIs(view, 'l', query.lifecycle),
    query.minScore === undefined ? undefined : sql`l.score_now >= ${query.minScore}`,
    query.request.after && beyond(query.sort, query.request.after),
  ]);
}

const ORDERS: Record<LeadSort, Sql> = {
  score: raw('l.score_now DESC, l.lead_id'),
  recent: raw('l.last_touch_at DESC NULLS LAST, l.lead_id'),
  leadId: raw('l.lead_id'),
};

/** Leads without a touchpoint come last; for the cursor their time is `-infinity`. */
const sortKeys = (sort: LeadSort, { score, last_touch_at, lead_id }: LeadRow): string[] =>
  ({
    score: [String(score), lead_id],
    recent: [last_touch_at?.toISOString() ?? '-infinity', lead_id],
    leadId: [lead_id],
  })[sort];

function beyond(sort: LeadSort, after: readonly string[]): Sql {
  const [key, id = key] = after;
  const score = sql`(l.score_now < ${key} OR (l.score_now = ${key} AND l.lead_id > ${id}::uuid))`;
  const at = raw(`coalesce(l.last_touch_at, '-infinity')`);
  const recent = sql`(${at} < ${key} OR (${at} = ${key} AND l.lead_id > ${id}::uuid))`;
  return { score, recent, leadId: sql`l.lead_id > ${id}::uuid` }[sort];
}

export const leadItem = (row: LeadRow): LeadItem => ({
  leadId: row.lead_id,
  known: row.known,
  email: row.email,
  name: row.name,
  title: row.title,
  accountId: row.account_id,
  persona: row.persona,
  stage: row.stage,
  lifecycle: row.lifecycle,
  score: row.score,
  grade: row.grade,
  firstTouchAt: row.first_touch_at,
  lastTouchAt: row.last_touch_at,
  touchpoints: row.touchpoints,
  leadModelVersion: row.lead_model_version,
});
