import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { BuyingStage } from '../../domain/model/journey-model.js';
import { sequenceFigures } from '../../domain/sequences/ranked-sequences.js';
import { checkNames } from '../leads.js';
import type { Period } from '../metrics/buyer-touches.js';
import { MEMORY } from '../metrics/metric.js';
import { POSITION_PARAMETERS, readRequestOf } from '../page-request.js';
import { type DayOrInstant, Params, type RawParams } from '../params.js';
import { FEW } from '../planning/cautions.js';
import { ReadModels, type ReadRequest, type View } from '../read-models.js';
import { resolvePeriod } from '../report-scope.js';
import { resolveLead } from '../resolve-lead.js';
import { comparedFigures, fewCaution } from './compared-figures.js';
import { contentTitles } from './content-titles.js';
import { leadSituation } from './lead-situation.js';
import type { NextContentAnswer, NextContentItem } from './next-content-answer.js';
import { type NextContentRow, nextContentRows, type SimilarJourneys } from './next-content-rows.js';

const OF_LEAD = ['persona', 'stage', 'after'] as const;
const DEFAULT_DAYS = 30;

export class FindNextContent extends Query<NextContentAnswer> {
  readonly lead: string | undefined;
  readonly persona: string | undefined;
  readonly stage: string | undefined;
  readonly after: string | undefined;
  readonly withinDays: number;
  readonly limit: number;
  readonly period: { readonly from: DayOrInstant | undefined; readonly to: DayOrInstant | undefined };
  readonly request: ReadRequest;

  /** @throws Problem 400 naming every parameter at fault */
  constructor(workspace: string, given: RawParams) {
    super();
    const others = ['lead', 'withinDays', 'limit', 'from', 'to'];
    const params = new Params(given, [...OF_LEAD, ...others, ...POSITION_PARAMETERS]);
    this.lead = params.text('lead');
    this.persona = params.text('persona');
    this.stage = params.text('stage');
    this.after = params.label('after');
    this.withinDays = params.integer('withinDays', 1, 365) ?? DEFAULT_DAYS;
    this.limit = params.integer('limit', 1, 100) ?? 10;
    this.period = { from: params.dayOrInstant('from'), to: params.dayOrInstant('to') };
    this.request = readRequestOf(workspace, params);
    this.checkTogether(params, given);
  }

  private checkTogether(params: Params, given: RawParams): void {
    for (const name of OF_LEAD) {
      const isGiven = given[name] !== undefined;
      if (this.lead !== undefined && isGiven)
        params.fault(`${name}-invalid`, name, 'is that of the lead: omit it');
      if (this.lead === undefined && this[name] === undefined && name !== 'after')
        params.fault(`${name}-missing`, name, 'must be given, or a lead instead');
    }
    params.check();
  }
}

/** What the answer is for. */
interface Situation extends SimilarJourneys {
  readonly leadId: string | null;
  /** Contents that are not proposed. */
  readonly known: ReadonlySet<string>;
}

@QueryHandler(FindNextContent)
export class FindNextContentHandler implements IQueryHandler<FindNextContent> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute(query: FindNextContent): Promise<NextContentAnswer> {
    return this.models.view(query.request, ['journey', 'catalogue'], async (view) => {
      checkNames(view, query);
      await view.tx.query(MEMORY);
      const period = await resolvePeriod(view, query.period);
      const situation = await situationOf(view, query);
      const { found, similarity } = await similarJourneys(view, period, situation);
      const journeys = found.reduce((sum, { first }) => sum + first, 0);
      const advanced = found.reduce((sum, { first_advanced }) => sum + first_advanced, 0);
      const rows = itemsOf(found, { journeys, advanced }, situation).slice(0, query.limit);
      const titles = await contentTitles(view, rows.map(({ key }) => key)); // prettier-ignore
      const { leadId, persona, stage, after, withinDays } = situation;
      return {
        asOf: String(view.asOf),
        modelVersion: view.modelVersion,
        ...{ leadId, persona, stage, after, similarity, withinDays, ...period, journeys, advanced },
        cautions: cautionsOf(view, situation, similarity, rows),
        rows: rows.map((row) => ({ ...row, label: titles.get(row.key) ?? row.key })),
      };
    });
  }
}

async function situationOf(view: View, query: FindNextContent): Promise<Situation> {
  const { withinDays } = query;
  if (query.lead === undefined) {
    const { persona = null, stage = null, after = null } = query;
    return { leadId: null, persona, stage, after, withinDays, known: new Set() };
  }
  const leadId = await resolveLead(view, query.lead);
  const { persona, stage, lastContent, contents } = await leadSituation(view, leadId);
  return { leadId, persona, stage, after: lastContent, withinDays, known: contents };
}

/** With too few that had the same content before, those in the same stage. */
async function similarJourneys(
  view: View,
  period: Period,
  situation: Situation,
): Promise<{ readonly found: NextContentRow[] } & Pick<NextContentAnswer, 'similarity'>> {
  if (situation.after !== null) {
    const found = await nextContentRows(view, period, situation);
    const journeys = found.reduce((sum, { first }) => sum + first, 0);
    if (journeys >= FEW) return { found, similarity: 'stage_and_content' };
  }
  return { found: await nextContentRows(view, period, { ...situation, after: null }), similarity: 'stage' };
}

function itemsOf(
  found: readonly NextContentRow[],
  totals: { readonly journeys: number; readonly advanced: number },
  { known, after }: Situation,
): Omit<NextContentItem, 'label'>[] {
  const items = found.flatMap(({ content, journeys, advanced, advanced_from_start }) => {
    if (content === null || content === after || known.has(content)) return [];
    const advancedWithout = totals.advanced - advanced_from_start;
    // Journeys with it are followed from its touch, the others from their first.
    const both = { journeys: totals.journeys, converted: advanced + advancedWithout };
    const figures = sequenceFigures({ support: journeys, converted: advanced }, both);
    return { key: content, journeys, advanced, advancedWithout, ...comparedFigures(figures) };
  });
  return items.sort(
    (a, b) =>
      (b.conversion.low ?? 0) - (a.conversion.low ?? 0) ||
      b.journeys - a.journeys ||
      (a.key < b.key ? -1 : 1),
  );
}

function cautionsOf(
  { model }: View,
  { persona, stage, after }: Situation,
  similarity: NextContentAnswer['similarity'],
  rows: readonly Pick<NextContentItem, 'smallSample'>[],
): string[] {
  const { personas, stages } = model?.data.document ?? { personas: [], stages: [] };
  const process: readonly BuyingStage[] = personas.find(({ id }) => id === persona)?.stages ?? stages;
  return [
    ...(stage !== null && process.at(-1)?.id === stage
      ? [`${stage} is the last stage: nobody can advance from it`]
      : []),
    ...(after !== null && similarity === 'stage'
      ? [`Fewer than ${FEW} journeys went on from ${after}, so all journeys of persona and stage are counted`]
      : []),
    ...fewCaution(rows, 'leads that advanced, with or without'),
  ];
}
