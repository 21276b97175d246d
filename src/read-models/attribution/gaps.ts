import type { PoolClient } from 'pg';
import { type CommitteeRule, DEFAULT_COMMITTEE } from '../../domain/attribution/committee-rule.js';
import { DAY_MS } from '../../domain/model/journey-model.js';
import type { AttributionSettings } from '../../domain/attribution/settings.js';
import { creditPath, creditsAt, type Metric, type Path, type Terms, withDigest } from './credits.js';
import { type Inputs, loadInputs } from './inputs.js';
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
  const paths: Path[] = [];
  const reader = { tx, workspace, position, rule: DEFAULT_COMMITTEE };
  const settings = await eachWithInputs(reader, opportunityIds, (inputs, id, terms) => {
    paths.push(...creditsAt(inputs, id, position, terms));
    return true;
  });
  return { paths, settings };
}

/** Which paths are computed for a request. */
export interface PathRule {
  readonly rule: CommitteeRule;
  /** Touches of all paths together. */
  readonly most: number;
}

/** The paths of opportunities by a metric, of another committee than the ledger has; undefined when they have too many touches. */
export async function computePaths(
  tx: PoolClient,
  workspace: string,
  position: bigint,
  opportunityIds: readonly string[],
  { metric, rule, most }: PathRule & { readonly metric: Metric },
): Promise<readonly Path[] | undefined> {
  const paths: Path[] = [];
  let touches = 0;
  await eachWithInputs({ tx, workspace, position, rule }, opportunityIds, (inputs, id, terms) => {
    const path = creditPath(inputs, id, { position, terms, rule, metric });
    if (path) paths.push(withDigest(path, terms.settings));
    touches += path?.touches.length ?? 0;
    return touches <= most;
  });
  return touches <= most ? paths : undefined;
}

/** Where inputs are read, and whose touchpoints are. */
interface InputReader {
  readonly tx: PoolClient;
  readonly workspace: string;
  readonly position: bigint;
  readonly rule: CommitteeRule;
}

/**
 * Calls back for each opportunity with what its path follows from, as long as it returns true.
 *
 * @returns the settings in force
 */
async function eachWithInputs(
  { tx, workspace, position, rule }: InputReader,
  opportunityIds: readonly string[],
  visit: (inputs: Inputs, opportunityId: string, terms: Terms) => boolean,
): Promise<AttributionSettings> {
  const range = { after: position, upTo: position };
  const terms = await TermsOfRange.load(tx, range, workspace);
  const inForce = terms.at(position);
  for (let start = 0; start < opportunityIds.length; start += AT_ONCE) {
    const ids = opportunityIds.slice(start, start + AT_ONCE);
    const lookbackMs = terms.longestLookbackDays * DAY_MS;
    const { committee } = rule;
    const inputs = await loadInputs(tx, range, workspace, ids, { lookbackMs, committee });
    if (!ids.every((id) => visit(inputs, id, inForce))) break;
  }
  return inForce.settings;
}
