import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { RECIPIENT_KINDS } from '../domain/model/lead-management.js';
import { INSTANT, UUID } from './cursor.js';
import { type HandOffLead, HandOffLeadItem, leadsOfHandOffs } from './hand-off-leads.js';
import { LIFECYCLE_PROJECTIONS } from './lead-rows.js';
import { PAGE_PARAMETERS, type PageRequest, pageOf, pageRequestOf } from './page-request.js';
import { Params, type RawParams } from './params.js';
import { ReadModels, type View } from './read-models.js';
import {
  Enum,
  Instant,
  Integer,
  MaybeDecimal,
  MaybeInstant,
  MaybeNested,
  MaybeText,
  Nested,
  NestedList,
  PageAnswer,
  Text,
  Uuid,
} from './response-fields.js';
import { allOf, rows, sql, type Sql } from './sql.js';

const OPEN_STATES = ['handed_off', 'accepted'] as const;
export const HAND_OFF_STATES = [
  ...OPEN_STATES,
  'opportunity',
  'customer',
  'opted_out',
  'reassigned',
  'recycled',
  'disqualified',
  'merged',
] as const;
/** `open`: handed off or accepted. */
export const HAND_OFF_STATE_FILTERS = ['open', 'all', ...HAND_OFF_STATES] as const;
export const CLOCKS = ['running', 'warning', 'rotten', 'stopped'] as const;

export class RecipientItem {
  @Text('As the journey model, opportunities and sales touchpoints name it') id!: string;
  @Text('In the journey model, else the id') name!: string;
  @Enum('What it is', RECIPIENT_KINDS) kind!: string;
}

export class SalesActivityItem {
  @Instant('When it was') at!: Date;
  @Text('A call, a meeting or a sales mail') kind!: string;
  @MaybeText('Who took part, as the CRM says') rep!: string | null;
}

const UNKNOWN = 'null also of hand-offs that an earlier version recorded without its schedule';

export class BusinessMinutesItem {
  @MaybeDecimal(`From the hand-off until it was accepted; null: it was not; ${UNKNOWN}`)
  toAccept!: number | null;
  @MaybeDecimal(`From the hand-off to the first sales activity; null: none yet; ${UNKNOWN}`)
  toFirstActivity!: number | null;
  @MaybeDecimal(
    `From \`dueBy\` until it ended, sales worked on it, or \`at\`; 0: it was not late; ${UNKNOWN}`,
  )
  overdue!: number | null;
}

export class HandOffItem {
  @Uuid('The event LeadHandedOff') eventId!: string;
  @Nested('Who has the lead', () => RecipientItem) recipient!: RecipientItem;
  @Text('The routing rule that chose the recipient; `assigned`: a person did') rule!: string;
  @MaybeText('Who assigned it; null: routing did') assignedBy!: string | null;
  @MaybeText('Why it was assigned') assignReason!: string | null;
  @Integer('The how manieth time the lead qualified') cycle!: number;
  @Integer('Version of the journey model that decided') modelVersion!: number;
  @Enum('How it stands', HAND_OFF_STATES) state!: string;
  @Enum('How the time until the first sales activity stands at `at`', CLOCKS) clock!: string;
  @Instant('When the lead was handed off') handedOffAt!: Date;
  @Instant('By when sales must have acted') dueBy!: Date;
  @MaybeInstant('When it is about to be due') warnAt!: Date | null;
  @MaybeText('The service level that applies') serviceLevel!: string | null;
  @MaybeText('Business hours of the journey model in which it is due; null: around the clock')
  businessHours!: string | null;
  @Nested('Minutes within its business hours', () => BusinessMinutesItem)
  businessMinutes!: BusinessMinutesItem;
  @MaybeNested(
    'The first call, meeting or sales mail after the hand-off: it stops the clock',
    () => SalesActivityItem,
  )
  firstActivity!: SalesActivityItem | null;
  @MaybeInstant('When it was accepted') acceptedAt!: Date | null;
  @MaybeText('Who accepted it') acceptedBy!: string | null;
  @MaybeInstant('When it was recycled, disqualified or handed to somebody else') endedAt!: Date | null;
  @MaybeText('Why') endReason!: string | null;
  @Nested('The lead as it is now', () => HandOffLeadItem) lead!: HandOffLead;
}

export class HandOffsAnswer extends PageAnswer {
  @Instant('The instant of the clocks') at!: Date;
  @NestedList('Hand-offs, first due first', () => HandOffItem) items!: HandOffItem[];
}

export class FindHandOffs extends Query<HandOffsAnswer> {
  readonly rep: string | undefined;
  readonly state: (typeof HAND_OFF_STATE_FILTERS)[number];
  readonly clock: (typeof CLOCKS)[number] | undefined;
  readonly at: Date | undefined;
  readonly request: PageRequest;

  /** @throws Problem 400 naming every parameter at fault */
  constructor(workspace: string, given: RawParams) {
    super();
    const params = new Params(given, ['rep', 'state', 'clock', 'at', ...PAGE_PARAMETERS]);
    this.rep = params.text('rep');
    this.state = params.oneOf('state', HAND_OFF_STATE_FILTERS) ?? 'open';
    this.clock = params.oneOf('clock', CLOCKS);
    this.at = params.instant('at');
    this.request = pageRequestOf(workspace, params, { name: 'handoffs', given, shapes: [INSTANT, UUID] });
  }
}

@QueryHandler(FindHandOffs)
export class FindHandOffsHandler implements IQueryHandler<FindHandOffs> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute(query: FindHandOffs): Promise<HandOffsAnswer> {
    return this.models.view(query.request, LIFECYCLE_PROJECTIONS, async (view) => {
      const at = query.at ?? view.at;
      const found = await rows<Row>(view.tx, handOffsPage(view, query, at));
      const { page, next } = pageOf(query.request, view, found, (row) => [
        row.due_by.toISOString(),
        row.event_id,
      ]);
      const recipients = view.model?.data.document.routing?.recipients ?? [];
      const names = new Map(recipients.map(({ id, name }) => [id, name]));
      const leads = await leadsOfHandOffs(view, [...new Set(page.map((row) => row.lead_id))]);
      const items = page.flatMap((row) => {
        const lead = leads.get(row.lead_id);
        return lead ? [itemOf(row, lead, names.get(row.recipient) ?? row.recipient)] : [];
      });
      return { asOf: String(view.asOf), modelVersion: view.modelVersion, at, items, next };
    });
  }
}

interface Row {
  event_id: string;
  lead_id: string;
  cycle: number;
  model_version: number;
  recipient: string;
  recipient_kind: string;
  rule: string;
  assigned_by: string | null;
  assign_reason: string | null;
  handed_off_at: Date;
  due_by: Date;
  warn_at: Date | null;
  accepted_at: Date | null;
  accepted_by: string | null;
  ended_at: Date | null;
  end_reason: string | null;
  state: string;
  clock: string;
  first_activity_at: Date | null;
  first_activity_kind: string | null;
  first_activity_rep: string | null;
  service_level: string | null;
  business_hours: string | null;
  to_accept: number | null;
  to_first_activity: number | null;
  overdue: number | null;
}

function handOffsPage(
  { workspace, asOf }: View,
  { rep, state, clock, request }: FindHandOffs,
  at: Date,
): Sql {
  const { after, limit } = request;
  const states = state === 'open' ? OPEN_STATES : state === 'all' ? undefined : [state];
  return sql`
    SELECT h.*, ${workingTime(asOf, at)}
    FROM (SELECT * FROM (
      SELECT h.*, touchline.handoff_clock(h.state, h.first_activity_at, h.due_by, h.warn_at, ${at}::timestamptz) AS clock
      FROM touchline.handoff_at(${asOf}::bigint) h
      WHERE ${allOf([
        sql`h.workspace = ${workspace}`,
        rep === undefined ? undefined : sql`h.recipient = ${rep}`,
        states && sql`h.state = ANY (${[...states]}::text[])`,
      ])}
    ) h
    WHERE ${allOf([
      clock === undefined ? undefined : sql`h.clock = ${clock}`,
      after && sql`(h.due_by, h.event_id) > (${after[0]}::timestamptz, ${after[1]}::uuid)`,
    ])}
    ORDER BY h.due_by, h.event_id
    LIMIT ${limit + 1}) h
    JOIN touchline.lead_decision d ON d.workspace = h.workspace AND d.event_id = h.event_id
    ORDER BY h.due_by, h.event_id`;
}

/** Of the hand-offs `h` on a page, whose events are `d`. */
const workingTime = (asOf: View['asOf'], at: Date): Sql => sql`
  d.data ->> 'serviceLevel' AS service_level, d.data #>> '{workSchedule,hours,id}' AS business_hours,
  touchline.working_minutes((d.data -> 'workSchedule')::jsonb, h.handed_off_at, h.accepted_at)::float8 AS to_accept,
  touchline.working_minutes((d.data -> 'workSchedule')::jsonb, h.handed_off_at, h.first_activity_at)::float8 AS to_first_activity,
  (SELECT touchline.working_minutes((d.data -> 'workSchedule')::jsonb, greatest(h.due_by, h.handed_off_at),
                                    least(e.ended_at, e.first_activity_at, ${at}::timestamptz))::float8
     FROM touchline.handoff_end(d.workspace, d.lead_id, h.lead_id, d.position, d.occurred_at, ${asOf}::bigint) e) AS overdue`;

const itemOf = (row: Row, lead: HandOffLead, name: string): HandOffItem => ({
  eventId: row.event_id,
  recipient: { id: row.recipient, name, kind: row.recipient_kind },
  rule: row.rule,
  assignedBy: row.assigned_by,
  assignReason: row.assign_reason,
  cycle: row.cycle,
  modelVersion: row.model_version,
  state: row.state,
  clock: row.clock,
  handedOffAt: row.handed_off_at,
  dueBy: row.due_by,
  warnAt: row.warn_at,
  serviceLevel: row.service_level,
  businessHours: row.business_hours,
  businessMinutes: { toAccept: row.to_accept, toFirstActivity: row.to_first_activity, overdue: row.overdue },
  firstActivity:
    row.first_activity_at === null || row.first_activity_kind === null
      ? null
      : { at: row.first_activity_at, kind: row.first_activity_kind, rep: row.first_activity_rep },
  acceptedAt: row.accepted_at,
  acceptedBy: row.accepted_by,
  endedAt: row.ended_at,
  endReason: row.end_reason,
  lead,
});
