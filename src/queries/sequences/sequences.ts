import { Inject } from '@nestjs/common';
import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { LRUCache } from 'lru-cache';
import { money } from '../../domain/attribution/money.js';
import { proportion } from '../../domain/calibration.js';
import type { Pattern } from '../../domain/sequences/pattern-search.js';
import { type RankedSequences, sequenceFigures } from '../../domain/sequences/ranked-sequences.js';
import { reportProjections } from '../report-filters.js';
import { unconvertedItems } from '../attribution.js';
import { type CreditView, withLedger } from '../credit-ledger.js';
import { shareItem } from '../estimates.js';
import { checkNames } from '../leads.js';
import { ReadModels } from '../read-models.js';
import { type ReportScope, resolveScope } from '../report-scope.js';
import { comparedFigures, fewCaution } from './compared-figures.js';
import { contentTitles } from './content-titles.js';
import { SEARCH_SEQUENCES, type SearchSequences } from './search-sequences.js';
import type { SequenceItem, SequencesAnswer } from './sequence-answer.js';
import { encodedJourneys } from './sequence-journeys.js';
import { FindSequences } from './sequence-request.js';

/** Sequences with the names of their items. */
interface FoundSequences {
  readonly ranked: RankedSequences;
  readonly keys: readonly (readonly string[])[];
  readonly minSupport: number;
  readonly withoutSteps: number;
}

/** Rows of all cached searches together: some 30 MB. */
const MOST_CACHED = 50_000;

@QueryHandler(FindSequences)
export class FindSequencesHandler implements IQueryHandler<FindSequences> {
  private readonly cache = new LRUCache<string, FoundSequences>({
    maxSize: MOST_CACHED,
    sizeCalculation: ({ keys }) => 1 + keys.length,
  });

  constructor(
    @Inject(ReadModels) private readonly models: ReadModels,
    @Inject(SEARCH_SEQUENCES) private readonly search: SearchSequences,
  ) {}

  execute(query: FindSequences): Promise<SequencesAnswer> {
    return this.models.view(query.request, reportProjections([]), async (opened) => {
      const { journeys: asked } = query;
      checkNames(opened, asked);
      const scope = await resolveScope(opened, asked.scope);
      const view = await withLedger(opened, { metric: scope.metric, models: [] });
      const found = await this.find(view, scope, query);
      const { rows, journeys, converted, ...counts } = await this.rowsOf(view, scope, query, found);
      return {
        asOf: String(view.asOf),
        modelVersion: view.modelVersion,
        ...{ by: asked.by, metric: scope.metric, currency: scope.currency, from: scope.from, to: scope.to },
        ...{ persona: asked.persona ?? null, stage: asked.stage ?? null, closedOnly: asked.closedOnly },
        ...{ minSupport: found.minSupport, minLength: query.minLength, maxLength: query.maxLength },
        ...{ sort: query.sort, journeys, journeysWithoutSteps: found.withoutSteps, converted },
        conversion: shareItem(proportion(converted, journeys)),
        ...counts,
        unconverted: await unconvertedItems(view, scope),
        rows,
      };
    });
  }

  /** What is true at a position never changes. */
  private async find(view: CreditView, scope: ReportScope, query: FindSequences): Promise<FoundSequences> {
    const { journeys: asked, minLength, maxLength, sort, limit } = query;
    const parts = [view.workspace, String(view.asOf), scope, asked, query.minSupport, minLength, maxLength, sort, limit]; // prettier-ignore
    const key = JSON.stringify(parts);
    const known = this.cache.get(key);
    if (known) return known;
    const { journeys, names, withoutSteps } = await encodedJourneys(view, scope, asked);
    const minSupport = query.minSupport ?? Math.max(2, Math.ceil(journeys.converted.length / 100));
    const request = { minSupport, minLength, maxLength, sort, limit };
    const ranked = await this.search({ journeys, request });
    const keys = ranked.sequences.map(({ items }) => items.map((item) => names[item] ?? ''));
    const found = { ranked, keys, minSupport, withoutSteps };
    this.cache.set(key, found);
    return found;
  }

  private async rowsOf(
    view: CreditView,
    { currency }: ReportScope,
    { journeys: { by }, maxLength }: FindSequences,
    { ranked, keys }: FoundSequences,
  ): Promise<
    Pick<
      SequencesAnswer,
      'rows' | 'journeys' | 'converted' | 'found' | 'searchedLength' | 'truncated' | 'cautions'
    >
  > {
    const titles = by === 'content' ? await contentTitles(view, keys.flat()) : new Map<string, string>();
    const { sequences, ...counts } = ranked;
    const rows = sequences.map((pattern, index) => {
      const own = [...(keys[index] ?? [])];
      const label = own.map((key) => titles.get(key) ?? key).join(' > ');
      return { keys: own, label, ...figuresOf(pattern, ranked, currency) };
    });
    const truncated = ranked.searchedLength < maxLength;
    return { ...counts, truncated, cautions: cautionsOf(counts, truncated, rows), rows };
  }
}

function figuresOf(
  pattern: Pattern,
  totals: RankedSequences,
  currency: string,
): Omit<SequenceItem, 'keys' | 'label'> {
  const { support, converted, value } = pattern;
  const figures = sequenceFigures(pattern, totals);
  const convertedWithout = figures.without.successes;
  return { support, converted, convertedWithout, value: money(value, currency), ...comparedFigures(figures) };
}

function cautionsOf(
  { journeys, converted, searchedLength, found }: Omit<RankedSequences, 'sequences'>,
  truncated: boolean,
  rows: readonly SequenceItem[],
): string[] {
  return [
    ...(truncated
      ? [`Sequences of more than ${searchedLength} steps are too many to search: raise minSupport, or filter`]
      : []),
    ...(converted === journeys && journeys > 0
      ? [
          'All journeys converted, so nothing can be said of what helps: choose a period with lost opportunities',
        ]
      : []),
    ...fewCaution(rows, 'conversions with or without'),
    ...(found > 20
      ? [
          `Of ${found.toLocaleString('en-US')} sequences about one in twenty lies outside its interval by chance alone`,
        ]
      : []),
  ];
}
