import type { PoolClient } from 'pg';
import { DAY_MS } from '../../domain/model/journey-model.js';
import type { AttributionSettings } from '../../domain/attribution/settings.js';
import { creditsAt, type Path } from './credits.js';
import { loadInputs } from './inputs.js';
import { TermsOfRange } from './terms.js';

/** The opportunities of a workspace for which the ledger has a gap at a position. */
export async function gapsAt(tx: PoolClient, workspace: string, position: bigint): Promise<string[]> {
  const { rows } = await tx.query<{ opportunity_id: string }>(
    `SELECT DISTINCT opportunity_id FROM attribution_gap
     WHERE positions @> $2::bigint AND workspace = $1`,
    [workspace, String(position)],
  );
  return rows.map(({ opportunity_id }) => opportunity_id);
}

/** Opportunities whose inputs are in memory at a time. */
const AT_ONCE = 50;

/** The credits of opportunities right after the event at a position, computed from what they follow from. */
export async function computeCredits(
  tx: PoolClient,
  workspace: string,
  position: bigint,
  opportunityIds: readonly string[],
): Promise<{ readonly paths: readonly Path[]; readonly settings: AttributionSettings }> {
  const range = { after: position, upTo: position };
  const terms = await TermsOfRange.load(tx, range, workspace);
  const inForce = terms.at(position);
  const paths: Path[] = [];
  for (let start = 0; start < opportunityIds.length; start += AT_ONCE) {
    const ids = opportunityIds.slice(start, start + AT_ONCE);
    const inputs = await loadInputs(tx, range, workspace, ids, terms.longestLookbackDays * DAY_MS);
    for (const id of ids) paths.push(...creditsAt(inputs, id, position, inForce));
  }
  return { paths, settings: inForce.settings };
}
