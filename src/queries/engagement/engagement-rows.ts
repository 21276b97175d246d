import type { PoolClient } from 'pg';
import { isReceived } from '../../domain/session.js';
import { TOUCHPOINT_KINDS } from '../../domain/touchpoint.js';
import { asOf } from '../../read-models/versioned-table.js';
import type { EngagementScope } from './engagement.js';

/** Leads whose rows are read. */
export type LeadScope =
  | { readonly kind: 'all' }
  /** Those whose ids begin with 32 bits from `first` up to `last`, with their touches of a period in microseconds since 2000. */
  | {
      readonly kind: 'slice';
      readonly first: number;
      readonly last: number;
      readonly from: number | null;
      readonly to: number | null;
    }
  | { readonly kind: 'list'; readonly ids: readonly string[] };

/** What people did, as far as a journey model can count it as engaging. */
const KINDS = TOUCHPOINT_KINDS.filter((kind) => !isReceived(kind));

/**
 * Statements of COPY, which takes no parameters. Values that touches have in common lie next to each other, and are numbered together.
 */
export class EngagementRowsSql {
  readonly #workspace: string;

  constructor(
    tx: PoolClient,
    private readonly scope: EngagementScope,
    private readonly leads: LeadScope,
  ) {
    this.#workspace = tx.escapeLiteral(scope.workspace);
  }

  /** A touch has the origin of its session only where the touch that set it counts for that. */
  touches(): string {
    return `
      SELECT j.lead_id, j.event_id, j.occurred_at, j.content_id, j.content_title, j.content_type,
             j.kind, j.channel, j.source, j.campaign,
             j.session = 'within' AND j.channel = 'direct' AND coalesce(j.source, j.medium, j.campaign) IS NULL
      FROM touchline.journey j
      WHERE ${this.#where('j')} AND j.verdict IN ('human', 'unknown')
        AND j.kind IN (${KINDS.map((kind) => `'${kind}'`).join(', ')})${this.#period()}`;
  }

  moves(): string {
    return `SELECT t.lead_id, t.event_id, t.at, t.to_stage FROM touchline.stage_transition t WHERE ${this.#where('t')}`;
  }

  profiles(): string {
    return `SELECT p.lead_id, p.persona FROM touchline.lead_profile p WHERE ${this.#where('p')}`;
  }

  members(): string {
    return `SELECT m.lead_id, m.segment_id FROM touchline.segment_membership m WHERE ${this.#where('m')}`;
  }

  #where(alias: string): string {
    const { asOf: position } = this.scope;
    return `${alias}.workspace = ${this.#workspace} AND ${asOf(alias, String(position))}${this.#ofLeads(alias)}`;
  }

  #ofLeads(alias: string): string {
    const { leads } = this;
    if (leads.kind === 'all') return '';
    if (leads.kind === 'list') return ` AND ${alias}.lead_id = ANY ('{${leads.ids.join(',')}}'::uuid[])`;
    return ` AND ${alias}.lead_id >= '${uuidOf(leads.first, '0')}' AND ${alias}.lead_id <= '${uuidOf(leads.last, 'f')}'`;
  }

  #period(): string {
    if (this.leads.kind !== 'slice') return '';
    const { from, to } = this.leads;
    return [
      from === null ? '' : ` AND j.occurred_at >= ${instantOf(from)}`,
      to === null ? '' : ` AND j.occurred_at < ${instantOf(to)}`,
    ].join('');
  }
}

const instantOf = (micros: number): string =>
  `timestamptz '2000-01-01 00:00:00+00' + ${micros} * interval '1 microsecond'`;

/** The first or last id that begins with these 32 bits. */
const uuidOf = (bits: number, filler: '0' | 'f'): string => {
  const rest = filler.repeat(4);
  return `${bits.toString(16).padStart(8, '0')}-${rest}-${rest}-${rest}-${filler.repeat(12)}`;
};
