import type { PoolClient } from 'pg';
import type { Committee } from '../../domain/attribution/committee-rule.js';
import type { Channel, TouchpointKind, Verdict } from '../../domain/touchpoint.js';
import type { SessionPart } from '../../domain/session.js';
import type { PositionRange } from '../range.js';

/** A row with the positions between which it was true. */
export interface Spanned {
  readonly known_from: string;
  readonly superseded_at: string | null;
}
interface Span {
  readonly from: bigint;
  readonly until: bigint | null;
}
export type Spans<Row> = readonly (Row & Span)[];

export const spansOf = <Row extends Spanned>(rows: readonly Row[]): Spans<Row> =>
  rows.map((row) => ({
    ...row,
    from: BigInt(row.known_from),
    until: row.superseded_at === null ? null : BigInt(row.superseded_at),
  }));

/** The rows that were true right after the event at `position`. */
export const trueAt = <Row>(rows: Spans<Row>, position: bigint): readonly Row[] =>
  rows.filter(({ from, until }) => from <= position && (until === null || until > position));

export interface OpportunityRow extends Spanned {
  readonly workspace: string;
  readonly opportunity_id: string;
  readonly account_id: string | null;
  readonly owner: string | null;
  readonly amount_minor: string;
  readonly currency: string;
  readonly status: 'open' | 'won' | 'lost';
  readonly opened_at: Date;
  readonly closed_at: Date | null;
}
export interface SeatRow extends Spanned {
  readonly opportunity_id: string;
  readonly keys: readonly string[];
  readonly role: string;
  readonly is_primary: boolean;
}
interface KeyRow extends Spanned {
  readonly key: string;
  readonly lead_id: string;
}
export interface ProfileRow extends Spanned {
  readonly lead_id: string;
  readonly account_id: string | null;
  readonly known_at: Date | null;
  readonly persona: string | null;
}
export interface JourneyRow extends Spanned {
  readonly event_id: string;
  readonly position: string;
  readonly lead_id: string;
  readonly occurred_at: Date;
  readonly kind: TouchpointKind;
  readonly channel: Channel;
  readonly source: string | null;
  readonly medium: string | null;
  readonly campaign: string | null;
  readonly content_id: string | null;
  readonly content_title: string | null;
  readonly content_stage: string | null;
  readonly session: SessionPart;
  readonly sets_origin: boolean;
  readonly verdict: Verdict;
  /** Undefined: not read. */
  readonly rep?: string | null;
  readonly content_type?: string | null;
}

/** All versions, in a range of the log, of what the credits of some opportunities of one workspace follow from. */
export interface Inputs {
  readonly opportunities: ReadonlyMap<string, Spans<OpportunityRow>>;
  readonly seats: ReadonlyMap<string, Spans<SeatRow>>;
  readonly keys: ReadonlyMap<string, Spans<KeyRow>>;
  readonly profiles: ReadonlyMap<string, Spans<ProfileRow>>;
  readonly byAccount: ReadonlyMap<string, Spans<ProfileRow>>;
  /** By time, then event id; before the window only what the session that runs into it follows from. */
  readonly journeys: ReadonlyMap<string, Spans<JourneyRow>>;
}

/** True somewhere from right after `after` up to `upTo`, the first two parameters. */
const WITHIN = 'known_from <= $2 AND (superseded_at IS NULL OR superseded_at > $1)';

export interface InputOptions {
  /** The longest in force in the range. */
  readonly lookbackMs: number;
  /** Of opportunities with contacts; people of the account are read only where they count. */
  readonly committee?: Committee;
  /** With what the ledger does not say of touchpoints. */
  readonly details?: boolean;
}

export async function loadInputs(
  tx: PoolClient,
  range: PositionRange,
  workspace: string,
  opportunityIds: readonly string[],
  { lookbackMs, committee = 'contacts', details = false }: InputOptions,
): Promise<Inputs> {
  const load = async <Row extends Spanned>(query: string, ...more: unknown[]): Promise<Spans<Row>> =>
    spansOf((await tx.query<Row>(query, [String(range.after), String(range.upTo), workspace, ...more])).rows);

  const opportunities = await load<OpportunityRow>(OPPORTUNITIES, opportunityIds);
  const seats = await load<SeatRow>(SEATS, opportunityIds);
  const keys = await load<KeyRow>(KEYS, distinct(seats.flatMap((seat) => seat.keys)));
  const accounts = accountsAsked(opportunities, committee === 'account' ? [] : seats, range.after);
  const profiles = await load<ProfileRow>(PROFILES, distinct(keys.map(({ lead_id }) => lead_id)), accounts);
  const leads = distinct([...keys, ...profiles].map(({ lead_id }) => lead_id));
  const ends = opportunities.flatMap(({ opened_at, closed_at }) => [+opened_at, +(closed_at ?? opened_at)]);
  const window = ends.length === 0 ? [0, 0] : [Math.min(...ends) - lookbackMs, Math.max(...ends)];
  const times = window.map((time) => new Date(time));
  const journeys = await load<JourneyRow>(details ? DETAILED_JOURNEYS : JOURNEYS, leads, ...times);
  return {
    opportunities: Map.groupBy(opportunities, ({ opportunity_id }) => opportunity_id),
    seats: Map.groupBy(seats, ({ opportunity_id }) => opportunity_id),
    keys: Map.groupBy(keys, ({ key }) => key),
    profiles: Map.groupBy(profiles, ({ lead_id }) => lead_id),
    byAccount: Map.groupBy(profiles, ({ account_id }) => account_id ?? ''),
    journeys: Map.groupBy(journeys, ({ lead_id }) => lead_id),
  };
}

/**
 * What is known in the range of each of the values of an array parameter. Each is looked up by index, however little the planner
 * knows of the table (LATERAL, OFFSET 0).
 */
const knownOf = (table: string, columns: string, column: string, values: string): string => `
  SELECT known.* FROM unnest(${values}) asked (value)
  CROSS JOIN LATERAL (
    SELECT ${columns}, known_from, superseded_at
    FROM ${table} WHERE workspace = $3 AND ${column} = asked.value AND ${WITHIN} OFFSET 0
  ) known`;

const OPPORTUNITIES = knownOf(
  'opportunity',
  'workspace, opportunity_id, account_id, owner, amount_minor, currency, status, opened_at, closed_at',
  'opportunity_id',
  '$4::text[]',
);
const SEATS = knownOf(
  'opportunity_contact',
  'opportunity_id, keys, role, is_primary',
  'opportunity_id',
  '$4::text[]',
);
const KEYS = knownOf('identity_key', 'key, lead_id', 'key', '$4::text[]');
const PROFILE = 'lead_id, account_id, known_at, persona';
const PROFILES = `${knownOf('lead_profile', PROFILE, 'lead_id', '$4::uuid[]')}
  UNION ${knownOf('lead_profile', PROFILE, 'account_id', '$5::text[]')}`;

/**
 * Touchpoints from $5 to $6, lead by lead through the index, whatever the planner thinks of the table. The session that runs
 * into this window started no earlier, at any position of the range, than the last start before it that was true at all of
 * them: what lies between is read for the starts and origins in it.
 */
const journeysOf = (more: string): string => `
  SELECT journey.* FROM unnest($4::uuid[]) lead (lead_id)
  CROSS JOIN LATERAL (
    SELECT coalesce(max(start.occurred_at), '-infinity') AS since FROM (
      SELECT occurred_at FROM journey
      WHERE workspace = $3 AND journey.lead_id = lead.lead_id AND occurred_at < $5 AND session = 'start'
        AND known_from <= $1 AND superseded_at IS NULL
      ORDER BY occurred_at DESC, event_id DESC LIMIT 1
    ) start
  ) earlier
  CROSS JOIN LATERAL (
    SELECT event_id, position, lead_id, occurred_at, kind, channel, source, medium, campaign, content_id, content_title, content_stage, session,
      sets_origin, verdict${more}, known_from, superseded_at
    FROM journey
    WHERE workspace = $3 AND journey.lead_id = lead.lead_id AND occurred_at BETWEEN earlier.since AND $6
      AND (occurred_at >= $5 OR session = 'start' OR sets_origin) AND ${WITHIN} OFFSET 0
  ) journey
  ORDER BY journey.occurred_at, journey.event_id`;
const JOURNEYS = journeysOf('');
const DETAILED_JOURNEYS = journeysOf(', rep, content_type');

const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)];

/** Accounts of opportunities that had no contacts at some position of the range. */
function accountsAsked(opportunities: Spans<OpportunityRow>, seats: Spans<SeatRow>, after: bigint): string[] {
  const seated = new Set(
    seats
      .filter(({ from, until }) => from <= after && until === null)
      .map(({ opportunity_id }) => opportunity_id),
  );
  return distinct(
    opportunities.flatMap(({ opportunity_id, account_id }) =>
      seated.has(opportunity_id) ? [] : (account_id ?? []),
    ),
  );
}
