import { compareTexts } from '../../domain/compare-texts.js';
import { trueAt, type Spanned, type Spans, spansOf } from '../../read-models/attribution/inputs.js';
import type { PositionRange } from '../../read-models/range.js';
import type { View } from '../read-models.js';
import { rows, sql } from '../sql.js';

interface MembershipRow extends Spanned {
  readonly lead_id: string;
  readonly segment_id: string;
}

interface EmployeeRow extends Spanned {
  readonly lead_id: string;
  readonly account_id: string;
}

interface ModelRow extends Spanned {
  readonly segments: readonly { readonly id: string }[] | null;
}

/** Where somebody belongs to an account since, or no longer. */
export interface AccountChange {
  readonly position: bigint;
  readonly leadId: string;
}

/** Whose segments are read: leads, and everybody of accounts. */
interface Asked {
  readonly leads: readonly string[];
  readonly accounts: readonly string[];
}

/**
 * Who was in which segment at each position of a range: as `segmentMembers` reads it at one. Of several segments the first of the journey
 * model counts.
 */
export class SegmentHistory {
  private constructor(
    private readonly memberships: ReadonlyMap<string, Spans<MembershipRow>>,
    /** By account; those who are in no segment anywhere in the range are left out. */
    private readonly employees: ReadonlyMap<string, Spans<EmployeeRow>>,
    private readonly models: Spans<Spanned & { readonly order: ReadonlyMap<string, number> }>,
  ) {}

  static readonly none = new SegmentHistory(new Map(), new Map(), []);

  static async load(
    { tx, workspace }: View,
    { after, upTo }: PositionRange,
    { leads, accounts }: Asked,
  ): Promise<SegmentHistory> {
    const within = sql`workspace = ${workspace} AND known_from <= ${upTo} AND (superseded_at IS NULL OR superseded_at > ${after})`;
    const employees = await rows<EmployeeRow>(
      tx,
      sql`SELECT lead_id, account_id, known_from, superseded_at FROM touchline.lead_profile
          WHERE account_id = ANY(${accounts}::text[]) AND ${within}`,
    );
    const asked = [...new Set([...leads, ...employees.map(({ lead_id }) => lead_id)])];
    const memberships = await rows<MembershipRow>(
      tx,
      sql`SELECT lead_id, segment_id, known_from, superseded_at FROM touchline.segment_membership
          WHERE lead_id = ANY(${asked}::uuid[]) AND ${within}`,
    );
    const models = await rows<ModelRow>(
      tx,
      sql`SELECT document -> 'segments' AS segments, known_from, superseded_at FROM touchline.journey_model WHERE ${within}`,
    );
    const byLead = Map.groupBy(spansOf(memberships), ({ lead_id }) => lead_id);
    const inSegments = employees.filter(({ lead_id }) => byLead.has(lead_id));
    return new SegmentHistory(
      byLead,
      Map.groupBy(spansOf(inSegments), ({ account_id }) => account_id),
      spansOf(models.map((model) => ({ ...model, order: orderOf(model.segments ?? []) }))),
    );
  }

  /** @param segmentsAt memberships are those right after the event there */
  ofLead(leadId: string, position: bigint, segmentsAt: bigint): string | null {
    return this.firstOf([leadId], position, segmentsAt);
  }

  ofAccount(accountId: string, position: bigint, segmentsAt: bigint): string | null {
    const people = trueAt(this.employees.get(accountId) ?? [], position).map(({ lead_id }) => lead_id);
    return this.firstOf(people, position, segmentsAt);
  }

  private firstOf(leads: readonly string[], position: bigint, segmentsAt: bigint): string | null {
    const order = trueAt(this.models, position)[0]?.order;
    const rank = (id: string): number => order?.get(id) ?? Infinity;
    const ids = leads.flatMap((lead) =>
      trueAt(this.memberships.get(lead) ?? [], segmentsAt).map(({ segment_id }) => segment_id),
    );
    const before = (a: string, b: string): boolean =>
      rank(a) === rank(b) ? compareTexts(a, b) < 0 : rank(a) < rank(b);
    return ids.reduce<string | null>((first, id) => (first === null || before(id, first) ? id : first), null);
  }

  /** Where any of these leads, or of the people of these accounts, entered or left a segment. */
  changes({ leads, accounts }: Asked, { after, upTo }: PositionRange): ReadonlySet<bigint> {
    const people = accounts.flatMap((account) => this.employees.get(account) ?? []);
    const asked = new Set([...leads, ...people.map(({ lead_id }) => lead_id)]);
    const ends = [...asked]
      .flatMap((lead) => this.memberships.get(lead) ?? [])
      .flatMap(({ from, until }) => (until === null ? [from] : [from, until]));
    return new Set(ends.filter((position) => position > after && position <= upTo));
  }

  /** Where people of these accounts, who are in segments, came and went. */
  accountChanges(accounts: readonly string[], { after, upTo }: PositionRange): AccountChange[] {
    return accounts.flatMap((account) => {
      const byLead = Map.groupBy(this.employees.get(account) ?? [], ({ lead_id }) => lead_id);
      return [...byLead].flatMap(([leadId, versions]) => {
        const isAt = (position: bigint): boolean => trueAt(versions, position).length > 0;
        return versions
          .flatMap(({ from, until }) => (until === null ? [from] : [from, until]))
          .filter((position) => position > after && position <= upTo)
          .filter((position) => isAt(position - 1n) !== isAt(position))
          .map((position) => ({ position, leadId }));
      });
    });
  }
}

const orderOf = (segments: readonly { readonly id: string }[]): ReadonlyMap<string, number> =>
  new Map(segments.map(({ id }, index) => [id, index]));
