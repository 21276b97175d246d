import type { PoolClient } from 'pg';
import type { Position } from '../../domain/events.js';
import { lookUp } from '../../read-models/lookup.js';
import type { PositionRange } from '../../read-models/range.js';
import { LEAD_DECISION, type DecisionEvent, type DecisionRow } from './rows.js';

/** A lead whose decisions may come to something else from a position on. */
export interface Affected {
  readonly workspace: string;
  readonly leadId: string;
  readonly position: Position;
}

/** The lead that a decision is about at its position: that of the key which its lead id is the own one of. */
const LEADS_OF_DECISIONS = `
  SELECT d.workspace, k.lead_id, d.position
  FROM unnest($1::text[], $2::uuid[], $3::bigint[]) AS d (workspace, lead_id, position)
  CROSS JOIN LATERAL (
    SELECT k.lead_id FROM identity_key k
    WHERE k.workspace = d.workspace AND k.own_lead_id = d.lead_id
      AND k.known_from <= d.position AND (k.superseded_at IS NULL OR k.superseded_at > d.position)
    OFFSET 0
  ) k`;

/** Leads that gained or lost a key, and with it decisions. */
const LEADS_OF_KEYS = `
  SELECT DISTINCT k.workspace, k.lead_id, k.position
  FROM (
    SELECT workspace, own_lead_id, lead_id, known_from AS position FROM identity_key
    WHERE known_from > $1 AND known_from <= $2
    UNION ALL
    SELECT workspace, own_lead_id, lead_id, superseded_at FROM identity_key
    WHERE superseded_at > $1 AND superseded_at <= $2
  ) k
  WHERE EXISTS (
    SELECT FROM lead_decision d
    WHERE d.workspace = k.workspace AND d.lead_id = k.own_lead_id AND d.position <= k.position OFFSET 0
  )`;

interface AffectedRow {
  readonly workspace: string;
  readonly lead_id: string;
  readonly position: string;
}

/** Every lead and position at which its row may change, in the order of positions. */
export async function affectedLeads(
  tx: PoolClient,
  events: readonly DecisionEvent[],
  { after, upTo }: PositionRange,
): Promise<Affected[]> {
  const { rows: any } = await tx.query('SELECT FROM lead_decision LIMIT 1');
  if (any.length === 0) return [];
  const byDecisions = await tx.query<AffectedRow>(LEADS_OF_DECISIONS, [
    events.map(({ workspace }) => workspace),
    events.map(({ data }) => data.leadId),
    events.map(({ position }) => String(position)),
  ]);
  const byKeys = await tx.query<AffectedRow>(LEADS_OF_KEYS, [String(after), String(upTo)]);
  return [...byDecisions.rows, ...byKeys.rows]
    .map((row) => ({ workspace: row.workspace, leadId: row.lead_id, position: BigInt(row.position) }))
    .sort((a, b) => (a.position < b.position ? -1 : a.position > b.position ? 1 : 0));
}

/** Own lead ids of a lead's keys, from position to position. */
interface OwnId {
  readonly workspace: string;
  readonly lead_id: string;
  readonly own_lead_id: string;
  readonly known_from: string;
  readonly superseded_at: string | null;
}

/** All ids that leads had, with the decisions on them. */
export class DecisionsOfLeads {
  private constructor(
    private readonly ids: ReadonlyMap<string, readonly OwnId[]>,
    private readonly decisions: ReadonlyMap<string, readonly DecisionRow[]>,
  ) {}

  static async load(tx: PoolClient, leads: readonly Affected[]): Promise<DecisionsOfLeads> {
    const distinct = [...new Map(leads.map((each) => [nameOf(each.workspace, each.leadId), each])).values()];
    const { rows } = await tx.query<OwnId>(
      `SELECT l.workspace, l.lead_id, k.own_lead_id, k.known_from, k.superseded_at
       FROM unnest($1::text[], $2::uuid[]) AS l (workspace, lead_id)
       JOIN identity_key k ON k.workspace = l.workspace AND k.lead_id = l.lead_id`,
      [distinct.map(({ workspace }) => workspace), distinct.map(({ leadId }) => leadId)],
    );
    const keys = new Map(
      rows.map(({ workspace, own_lead_id: value }) => [nameOf(workspace, value), { workspace, value }]),
    );
    const decisions = await lookUp(tx, LEAD_DECISION, ['lead_id', 'uuid[]'], [...keys.values()]);
    return new DecisionsOfLeads(
      Map.groupBy(rows, (row) => nameOf(row.workspace, row.lead_id)),
      Map.groupBy(decisions, (row) => nameOf(row.workspace, row.leadId)),
    );
  }

  /** The decisions on a lead that are known at a position, in the order of the log. */
  at({ workspace, leadId, position }: Affected): DecisionRow[] {
    const rows = this.ids.get(nameOf(workspace, leadId)) ?? [];
    const valid = rows.filter(
      ({ known_from, superseded_at }) =>
        BigInt(known_from) <= position && (superseded_at === null || BigInt(superseded_at) > position),
    );
    return [...new Set(valid.map(({ own_lead_id }) => own_lead_id))]
      .flatMap((id) => this.decisions.get(nameOf(workspace, id)) ?? [])
      .filter((decision) => decision.position <= position)
      .sort((a, b) => (a.position < b.position ? -1 : 1));
  }
}

const nameOf = (workspace: string, leadId: string): string => `${workspace}\0${leadId}`;
