import type { PoolClient } from 'pg';
import { DEFAULT_ATTRIBUTION } from '../../domain/attribution/settings.js';
import { checkModel, faultsText } from '../../domain/model/check-model.js';
import type { PositionRange } from '../range.js';
import type { Terms } from './credits.js';

/** Before any model was published: nothing says in which currency to report. */
const NO_TERMS: Terms = { settings: DEFAULT_ATTRIBUTION, sessionIdleMinutes: 30, reporting: undefined };

interface TermsRow {
  readonly terms: Terms;
  readonly from: bigint;
  readonly until: bigint | null;
}

/** What the journey models of a workspace say about attribution, over a range of the log. */
export class TermsOfRange {
  private constructor(private readonly rows: readonly TermsRow[]) {}

  static async load(
    tx: PoolClient,
    { after, upTo }: PositionRange,
    workspace: string,
  ): Promise<TermsOfRange> {
    const { rows } = await tx.query<{ document: unknown; known_from: string; superseded_at: string | null }>(
      `SELECT document, known_from, superseded_at FROM journey_model
       WHERE workspace = $3 AND known_from <= $2 AND (superseded_at IS NULL OR superseded_at > $1)`,
      [String(after), String(upTo), workspace],
    );
    return new TermsOfRange(
      rows.map(({ document, known_from, superseded_at }) => ({
        terms: termsOf(document),
        from: BigInt(known_from),
        until: superseded_at === null ? null : BigInt(superseded_at),
      })),
    );
  }

  at(position: bigint): Terms {
    const row = this.rows.find(({ from, until }) => from <= position && (until === null || until > position));
    return row?.terms ?? NO_TERMS;
  }

  /** Whether the model published at `position` attributes otherwise than the one before. */
  changedAt(position: bigint): boolean {
    const before = this.rows.find(({ until }) => until === position)?.terms ?? NO_TERMS;
    return JSON.stringify(this.at(position)) !== JSON.stringify(before);
  }

  /** Where another model than before came into force, in order. */
  publications({ after }: PositionRange): bigint[] {
    const positions = this.rows.flatMap(({ from }) => (from > after ? [from] : []));
    return positions.sort((a, b) => (a < b ? -1 : 1));
  }

  get longestLookbackDays(): number {
    return Math.max(
      NO_TERMS.settings.lookbackDays,
      ...this.rows.map(({ terms }) => terms.settings.lookbackDays),
    );
  }
}

/** @throws Error when the document is no journey model: the projection stops at it */
function termsOf(document: unknown): Terms {
  const checked = checkModel(document);
  if ('faults' in checked) throw new Error(faultsText(checked.faults));
  const { attribution: settings, sessionIdleMinutes, currency, timeZone, rates } = checked.model;
  return { settings, sessionIdleMinutes, reporting: { currency, timeZone, rates } };
}
