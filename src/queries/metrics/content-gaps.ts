import type { BuyingStage, JourneyModel } from '../../domain/model/journey-model.js';
import { slice } from '../attribution.js';
import { PAGE_PARAMETERS, type PageRequest, pageRequestOf } from '../page-request.js';
import { type DayOrInstant, Params, type RawParams } from '../params.js';
import type { View } from '../read-models.js';
import { Integer, MaybeInstant, MaybeText, NestedList, PageAnswer, Text } from '../response-fields.js';
import { isInSegment } from '../segments.js';
import { allOf, raw, rows, sql, type Sql } from '../sql.js';
import { validAt } from '../valid-at.js';
import { type Period, profiles } from './buyer-touches.js';
import { CUT_PARAMETERS, resolveCuts } from './cut-request.js';
import { defineMetric } from './metric.js';
import { stageSpells } from './stage-moves.js';

export class ContentGapItem {
  @Text('Persona') persona!: string;
  @Text('Name of the persona') personaName!: string;
  @Text('Buying stage of that persona') stage!: string;
  @Text('Name of the stage') stageName!: string;
  @Integer('Leads of the persona that were in the stage during the period') leads!: number;
  @Integer('Of these, still in the stage at its end') waiting!: number;
}

class ContentGapsAnswer extends PageAnswer {
  @MaybeInstant('Start, inclusive') from!: Date | null;
  @MaybeInstant('End, exclusive') to!: Date | null;
  @MaybeText('Only the demand of leads in this segment of the journey model') segment!: string | null;
  @Integer('Cells of the journey model: stages of each persona') cells!: number;
  @Integer('Leads without a persona that were in a stage: of no cell') leadsWithoutPersona!: number;
  @NestedList('Cells without content, highest demand first', () => ContentGapItem) rows!: ContentGapItem[];
}
export type { ContentGapsAnswer };

interface Asked {
  readonly from: DayOrInstant | undefined;
  readonly to: DayOrInstant | undefined;
  readonly segment: string | undefined;
  readonly request: PageRequest;
}

function parse(workspace: string, given: RawParams): Asked {
  const params = new Params(given, ['by', 'from', 'to', 'segment', ...PAGE_PARAMETERS]);
  if (given['by'] !== undefined)
    params.fault(
      'cut-meaningless',
      'by',
      'each row is a persona in a stage, by the journey model; what is missing there has no source, campaign or month. from and to choose the time, segment the leads',
    );
  return {
    from: params.dayOrInstant('from'),
    to: params.dayOrInstant('to'),
    segment: params.text('segment'),
    request: pageRequestOf(workspace, params, { name: 'content-gaps', given, shapes: [/^\d{1,9}$/] }),
  };
}

async function find(view: View, { request, ...asked }: Asked): Promise<ContentGapsAnswer> {
  const { from, to } = await resolveCuts(view, asked);
  const { gaps, ...figures } = await gapsOf(view, { from, to }, asked.segment);
  const { page, next } = slice(request, view, gaps);
  return {
    asOf: String(view.asOf),
    modelVersion: view.modelVersion,
    ...{ from, to, segment: asked.segment ?? null },
    ...figures,
    rows: [...page],
    next,
  };
}

type Gaps = Pick<ContentGapsAnswer, 'cells' | 'leadsWithoutPersona'> & {
  /** Highest demand first. */
  readonly gaps: readonly ContentGapItem[];
};

/** The cells without content, with their demand in a period. */
async function gapsOf(view: View, period: Period, segment: string | undefined): Promise<Gaps> {
  const unserved = await unservedCells(view);
  const demand = await demandOf(view, period, { segment });
  return {
    gaps: withDemand(unserved, demand),
    cells: view.model ? cellsOf(view.model.data.document).length : 0,
    leadsWithoutPersona: demand
      .filter(({ persona }) => persona === null)
      .reduce((sum, { leads }) => sum + leads, 0),
  };
}

/** The same of all times and leads, and of the cells without content alone: without such a cell no lead is counted. */
export async function gapsOfAllTime(view: View): Promise<readonly ContentGapItem[]> {
  const cells = await unservedCells(view);
  const demand = cells.length === 0 ? [] : await demandOf(view, { from: null, to: null }, { cells });
  return withDemand(cells, demand);
}

function withDemand(cells: readonly NamedCell[], demand: readonly DemandRow[]): ContentGapItem[] {
  const inCell = new Map(demand.map((row) => [cellKey(row), row]));
  return (
    cells
      .map((cell) => {
        const { leads = 0, waiting = 0 } = inCell.get(cellKey(cell)) ?? {};
        return { ...cell, leads, waiting };
      })
      // Stable: cells of equal demand stay in the order of the model.
      .sort((a, b) => b.leads - a.leads || b.waiting - a.waiting)
  );
}

async function unservedCells(view: View): Promise<readonly NamedCell[]> {
  const served = await servedCells(view);
  const cells = view.model ? cellsOf(view.model.data.document) : [];
  return cells.filter((cell) => !served.has(cellKey(cell)));
}

const DESCRIPTION = `
Cells of persona × buying stage for which neither the journey model nor the catalogue has a content, and the demand for one: the
leads of the persona that were in the stage at some time of the period. A content of the model serves its stage for its
personas (without: for all) and the cells of \`alsoServes\`, one of the catalogue those of \`serves\`.

Example: the guide serves the technical buyer who explores, the prices all who decide. Ada, a technical buyer, was in explore and decide, Bob,
an economic buyer, has been in evaluate since 21 January. Nothing serves the economic buyer in evaluate: 1 lead, who still waits.`;

/** Cells of persona and stage without content, with the leads that were in them. */
export const contentGaps = defineMetric({
  name: 'content-gaps',
  summary: 'Get the buying stages of personas that no content serves',
  description: DESCRIPTION,
  answer: ContentGapsAnswer,
  parameters: CUT_PARAMETERS,
  projections: ['journey', 'catalogue'],
  parse,
  find,
});

interface Cell {
  readonly persona: string;
  readonly stage: string;
}
const cellKey = ({ persona, stage }: { persona: string | null; stage: string }): string =>
  JSON.stringify([persona, stage]);

const stagesOf = (
  model: JourneyModel,
  { stages }: { readonly stages?: readonly BuyingStage[] },
): readonly BuyingStage[] => stages ?? model.stages;

type NamedCell = Cell & { readonly personaName: string; readonly stageName: string };

const cellsOf = (model: JourneyModel): NamedCell[] =>
  model.personas.flatMap((persona) =>
    stagesOf(model, persona).map((stage) => ({
      ...{ persona: persona.id, personaName: persona.name, stage: stage.id, stageName: stage.name },
    })),
  );

/** Keys of the cells that a content of the model or of the catalogue serves. */
async function servedCells({ tx, workspace, asOf, model }: View): Promise<ReadonlySet<string>> {
  const catalogued = await rows<Cell>(
    tx,
    sql`
    SELECT DISTINCT cell.persona, cell.stage
    FROM touchline.content c
    CROSS JOIN LATERAL jsonb_to_recordset(c.serves) AS cell (persona text, stage text)
    WHERE c.workspace = ${workspace} AND ${validAt('c', asOf)}`,
  );
  const { contents, personas } = model?.data.document ?? { contents: [], personas: [] };
  const all = personas.map(({ id }) => id);
  const modelled = contents.flatMap(({ stage, personas: own, alsoServes }) => {
    const served = [
      ...(stage === undefined ? [] : [{ stage, ...(own && { personas: own }) }]),
      ...(alsoServes ?? []),
    ];
    return served.flatMap((each) =>
      (each.personas ?? all).map((persona) => ({ persona, stage: each.stage })),
    );
  });
  return new Set([...catalogued, ...modelled].map(cellKey));
}

interface DemandRow {
  readonly persona: string | null;
  readonly stage: string;
  readonly leads: number;
  readonly waiting: number;
}

/** What is counted; undefined: all. */
interface DemandScope {
  readonly segment?: string | undefined;
  readonly cells?: readonly Cell[];
}

/** Leads by the stages that they were in during the period; a lead that came back counts once. */
const demandOf = (view: View, { from, to }: Period, { segment, cells }: DemandScope): Promise<DemandRow[]> =>
  rows<DemandRow>(
    view.tx,
    sql`
    SELECT persona, stage, count(*)::int AS leads, count(*) FILTER (WHERE waits)::int AS waiting
    FROM (
      SELECT s.lead_id, p.persona, s.stage,
             bool_or(s.ended_at IS NULL OR s.ended_at >= coalesce(${to}::timestamptz, 'infinity')) AS waits
      FROM (${stageSpells(view)}) s
      JOIN (${profiles(view)}) p ON p.lead_id = s.lead_id
      WHERE ${allOf([
        from ? sql`(s.ended_at IS NULL OR s.ended_at > ${from})` : undefined,
        to ? sql`s.began_at < ${to}` : undefined,
        segment === undefined ? undefined : isInSegment(view, raw('s.lead_id'), segment),
        cells && areAmong(cells),
      ])}
      GROUP BY s.lead_id, p.persona, s.stage) lead
    GROUP BY persona, stage`,
  );

const areAmong = (cells: readonly Cell[]): Sql => {
  const [personas, stages] = [cells.map(({ persona }) => persona), cells.map(({ stage }) => stage)];
  return sql`(p.persona, s.stage) IN (SELECT * FROM unnest(${personas}::text[], ${stages}::text[]))`;
};
