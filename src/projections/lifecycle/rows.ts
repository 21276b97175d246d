import type { RecordedEvent } from '../../domain/events.js';
import type { Behaviour, Recipient } from '../../domain/model/lead-management.js';
import type { LeadDecisionType, LeadState, LeadStatus } from '../../domain/lead-lifecycle.js';
import {
  bigint,
  double,
  integer,
  json,
  nullable,
  text,
  textOf,
  timestamptz,
  uuid,
} from '../../read-models/column-types.js';
import { type RowOf, Table } from '../../read-models/table.js';
import { type Unversioned, versionedTable, type VersionOf } from '../../read-models/versioned-table.js';

export type DecisionEvent = RecordedEvent<LeadDecisionType>;

export const LEAD_DECISION = new Table(
  'lead_decision',
  {
    workspace: text,
    leadId: uuid,
    position: bigint,
    eventId: uuid,
    type: textOf<LeadDecisionType>(),
    occurredAt: timestamptz,
    data: json<DecisionEvent['data']>(),
  },
  ['workspace', 'leadId', 'position'],
);
export type DecisionRow = RowOf<typeof LEAD_DECISION>;

export const LEAD_LIFECYCLE = versionedTable(
  'lead_lifecycle',
  {
    workspace: text,
    leadId: uuid,
    status: textOf<Exclude<LeadStatus, 'none'>>(),
    cycle: integer,
    lastCycle: integer,
    decidedId: uuid,
    eventId: uuid,
    since: timestamptz,
    decidedBy: nullable(text),
    reason: nullable(text),
    recipient: nullable(text),
    recipientKind: nullable(textOf<Recipient['kind']>()),
    rule: nullable(text),
    dueBy: nullable(timestamptz),
    warnAt: nullable(timestamptz),
    wakeAt: nullable(timestamptz),
    wakeWhen: nullable(json<Behaviour>()),
    /** For the first time, in whatever cycle. */
    qualifiedAt: nullable(timestamptz),
    acceptedAt: nullable(timestamptz),
    businessMinutesToAccept: nullable(double),
  },
  ['workspace', 'leadId'],
);
export type LifecycleRow = VersionOf<typeof LEAD_LIFECYCLE>;

export const decisionRow = ({
  workspace,
  position,
  id,
  type,
  occurredAt,
  data,
}: DecisionEvent): DecisionRow => ({
  ...{ workspace, position, type, data },
  leadId: data.leadId,
  eventId: id,
  occurredAt: +occurredAt,
});

const instant = (text: string | undefined): number | null => (text === undefined ? null : Date.parse(text));

/** What decisions come to. */
interface Decided {
  readonly state: LeadState;
  /** The decision that made the state. */
  readonly eventId: string;
  readonly qualifiedAt: number | null;
  readonly acceptedAt: number | null;
  readonly businessMinutesToAccept: number | null;
}

export function lifecycleRow(
  workspace: string,
  leadId: string,
  { state, eventId, ...firsts }: Decided,
): Unversioned<LifecycleRow> | undefined {
  const {
    status,
    cycle,
    lastCycle,
    since,
    leadId: decidedId,
    by = null,
    reason = null,
    handOff,
    wakeUp,
  } = state;
  if (status === 'none' || decidedId === undefined || !since) return undefined;
  return {
    ...{ workspace, leadId, status, cycle, lastCycle, decidedId, eventId, reason },
    since: +since,
    decidedBy: by,
    recipient: handOff?.recipient.id ?? null,
    recipientKind: handOff?.recipient.kind ?? null,
    rule: handOff?.rule ?? null,
    dueBy: instant(handOff?.dueBy),
    warnAt: instant(handOff?.warnAt),
    wakeAt: instant(wakeUp?.wakeAt),
    wakeWhen: wakeUp?.wakeWhen ?? null,
    ...firsts,
  };
}
