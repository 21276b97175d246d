import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Journey, JourneyEncoder, type Journeys } from '../../domain/sequences/journeys.js';
import { inScope } from '../paths-in-scope.js';
import { cataloguedContents } from '../catalogue-rows.js';
import type { CreditView } from '../credit-ledger.js';
import { lostLedger } from '../report-paths.js';
import type { PathScope, ReportScope } from '../report-scope.js';
import { MAX_REPORT_TOUCHES, tooLarge } from '../report-size.js';
import { empty, raw, rows, sql } from '../sql.js';
import { validAt } from '../valid-at.js';
import type { SequenceItemKind } from './sequence-answer.js';
import type { JourneyScope } from './sequence-request.js';
import { touchFilter } from './touch-filter.js';

/** The touches of the journey of an opportunity, element by element. */
interface TouchedJourney {
  readonly converted: boolean;
  readonly value: bigint;
  readonly keys: readonly (string | null)[];
  readonly leadIds: readonly string[];
  /** ms */
  readonly times: readonly number[];
}

export interface EncodedJourneys {
  readonly journeys: Journeys;
  readonly names: readonly string[];
  /** How many had no step. */
  readonly withoutSteps: number;
}

/** Journeys between which other requests have their turn. */
const JOURNEYS_A_TURN = 500;

/**
 * The journeys of opportunities: by revenue of those closed in the period up to the close, by pipeline of those opened in it up to the
 * opening.
 *
 * @throws Problem 400 `report-too-large`
 */
export async function encodedJourneys(
  view: CreditView,
  scope: ReportScope,
  asked: JourneyScope,
): Promise<EncodedJourneys> {
  const found = [...(await ledgerJourneys(view, scope, asked)), ...(await lostJourneys(view, scope, asked))];
  const stepsOf = await stepReader(view, asked, found);
  const encoder = new JourneyEncoder();
  let withoutSteps = 0;
  for (const [index, journey] of found.entries()) {
    const steps = stepsOf(journey);
    if (!steps.some((step) => step !== null)) withoutSteps++;
    encoder.add({ ...journey, steps });
    if (index % JOURNEYS_A_TURN === 0) await nextTurn();
  }
  return { ...encoder.finish(), withoutSteps };
}

type StepReader = (journey: TouchedJourney) => Journey['steps'];

async function stepReader(
  view: CreditView,
  { by, persona, stage }: JourneyScope,
  journeys: readonly TouchedJourney[],
): Promise<StepReader> {
  const types = by === 'contentType' ? await contentTypes(view) : undefined;
  const stepOf = (key: string | null): string | null =>
    key === null || !types ? key : (types.get(key) ?? null);
  if (persona === undefined && stage === undefined) return ({ keys }) => keys.map(stepOf);
  const people = [...new Set(journeys.flatMap(({ leadIds }) => leadIds))];
  const keeps = await touchFilter(view, { persona, stage }, people);
  return ({ keys, leadIds, times }) =>
    keys.flatMap((key, index) => (keeps(leadIds[index] ?? '', times[index] ?? 0) ? [stepOf(key)] : []));
}

async function contentTypes(view: CreditView): Promise<ReadonlyMap<string, string>> {
  const found = await rows<{ content_id: string; type: string }>(
    view.tx,
    sql`SELECT d.content_id, d.type FROM (${cataloguedContents(view)}) d WHERE d.type IS NOT NULL`,
  );
  return new Map(found.map(({ content_id, type }) => [content_id, type]));
}

const COLUMNS: Readonly<Record<SequenceItemKind, string>> = {
  content: 'content_ids',
  contentType: 'content_ids',
  channel: 'channels',
};

interface LedgerRow {
  won: boolean;
  reported_minor: string | null;
  keys: (string | null)[];
  lead_ids?: string[];
  times?: number[];
}

/** What the credit ledger has: by revenue the opportunities won, by loss those lost, by pipeline all of them. */
async function ledgerJourneys(
  view: CreditView,
  scope: PathScope,
  { by, persona, stage, closedOnly }: JourneyScope,
): Promise<TouchedJourney[]> {
  const outcomes = {
    revenue: ['won'],
    loss: ['lost'],
    pipeline: closedOnly ? ['won', 'lost'] : ['won', 'lost', 'open'],
  }[scope.metric];
  const from = sql`
    FROM ${view.ledger.paths} p
    JOIN touchline.opportunity o
      ON o.workspace = ${view.workspace} AND o.opportunity_id = p.opportunity_id AND ${validAt('o', view.asOf)}
    WHERE ${inScope(view, scope)} AND o.status = ANY(${outcomes}::text[])`;
  const [size] = await rows<{ touches: string }>(
    view.tx,
    sql`SELECT coalesce(sum(cardinality(p.event_ids)), 0)::text AS touches ${from}`,
  );
  if (Number(size?.touches) > MAX_REPORT_TOUCHES) throw tooLarge();
  const isFiltered = persona !== undefined || stage !== undefined;
  // JSON is parsed several times faster than the text of arrays.
  const ofPeople = sql`, to_json(p.lead_ids) AS lead_ids,
    (SELECT json_agg((extract(epoch FROM t.at) * 1000)::float8 ORDER BY t.nr)
     FROM unnest(p.occurred_at) WITH ORDINALITY AS t (at, nr)) AS times`;
  const found = await rows<LedgerRow>(
    view.tx,
    sql`
    SELECT o.status = 'won' AS won, p.reported_minor, to_json(p.${raw(COLUMNS[by])}) AS keys${isFiltered ? ofPeople : empty}
    ${from}`,
  );
  return found.map(({ won, reported_minor, keys, lead_ids, times }) => ({
    ...{ converted: won, value: BigInt(reported_minor ?? 0), keys },
    ...{ leadIds: lead_ids ?? [], times: times ?? [] },
  }));
}

/** By revenue the opportunities lost in the period, up to the loss, as those won reach up to the close. */
async function lostJourneys(
  view: CreditView,
  scope: ReportScope,
  asked: JourneyScope,
): Promise<TouchedJourney[]> {
  if (scope.metric !== 'revenue') return [];
  const lost = await lostLedger(view, scope);
  const journeys = await ledgerJourneys(lost.view, lost.scope, asked);
  return journeys.map((journey) => ({ ...journey, value: 0n }));
}
