import { type Proportion, proportion } from '../calibration.js';
import { compareProportions, type Estimate } from '../proportion-comparison.js';
import type { Journeys } from './journeys.js';
import { type Pattern, PatternSearch } from './pattern-search.js';

/**
 * `conversion` and `lift` sort by the lower end of their 95 % confidence interval, so that a few lucky journeys do not come first.
 */
export const SEQUENCE_SORTS = ['support', 'conversion', 'value', 'lift'] as const;
export type SequenceSort = (typeof SEQUENCE_SORTS)[number];

export interface SequenceRequest {
  readonly minSupport: number;
  readonly minLength: number;
  readonly maxLength: number;
  readonly sort: SequenceSort;
  /** Sequences that are kept. */
  readonly limit: number;
}

/** What became of the journeys with a sequence, beside those without it. */
export interface SequenceFigures {
  readonly conversion: Proportion;
  readonly without: Proportion;
  /** conversion / without. */
  readonly lift: Estimate | null;
  /** conversion − without. */
  readonly difference: Estimate | null;
}

export interface RankedSequences {
  readonly sequences: readonly Pattern[];
  /** Frequent sequences of the lengths that were searched. */
  readonly found: number;
  /** All sequences up to this length were found. */
  readonly searchedLength: number;
  readonly journeys: number;
  readonly converted: number;
}

/** Some two to four seconds of a processor, by how many sequences there are. */
export const MAX_STEPS = 200_000_000;

/**
 * The first sequences by the order asked for. They are searched length by length: where the steps run out, the sequences of that length
 * and of longer ones are left out, and what is given is complete.
 */
export function rankSequences(
  journeys: Journeys,
  request: SequenceRequest,
  maxSteps = MAX_STEPS,
): RankedSequences {
  const search = new PatternSearch(journeys, { minSupport: request.minSupport, maxSteps });
  const totals = {
    journeys: journeys.converted.length,
    converted: journeys.converted.reduce((sum, each) => sum + each, 0),
  };
  let kept = new Ranking(request, totals);
  let searchedLength = request.minLength - 1;
  for (let length = request.minLength; length <= request.maxLength; length++) {
    const longer = kept.copy();
    const before = longer.found;
    if (!search.visitLength(length, (pattern) => longer.add(pattern))) break;
    kept = longer;
    searchedLength = length;
    // What begins with no frequent sequence is not frequent.
    if (longer.found === before) return ranked(kept, request.maxLength, totals);
  }
  return ranked(kept, searchedLength, totals);
}

type Totals = Pick<RankedSequences, 'journeys' | 'converted'>;

const ranked = (kept: Ranking, searchedLength: number, totals: Totals): RankedSequences => ({
  ...{ sequences: kept.first(), found: kept.found, searchedLength },
  ...totals,
});

/** Conversion with and without a sequence, with what the two come to against one another. */
export function sequenceFigures(
  { support, converted }: Pick<Pattern, 'support' | 'converted'>,
  totals: Totals,
): SequenceFigures {
  const conversion = proportion(converted, support);
  const without = proportion(totals.converted - converted, totals.journeys - support);
  const { ratio, difference } = compareProportions(conversion, without);
  return { conversion, without, lift: ratio, difference };
}

interface Candidate {
  readonly pattern: Pattern;
  readonly rank: number | bigint;
}

/** Keeps the first of any number of sequences. */
class Ranking {
  private kept: Candidate[] = [];
  found = 0;

  constructor(
    private readonly request: SequenceRequest,
    private readonly totals: Totals,
  ) {}

  add(pattern: Pattern): void {
    this.found++;
    this.kept.push({ pattern, rank: this.rankOf(pattern) });
    if (this.kept.length >= 4 * this.request.limit) this.cut();
  }

  copy(): Ranking {
    const copy = new Ranking(this.request, this.totals);
    copy.kept = [...this.kept];
    copy.found = this.found;
    return copy;
  }

  first(): readonly Pattern[] {
    this.cut();
    return this.kept.map(({ pattern }) => pattern);
  }

  private cut(): void {
    this.kept.sort(compareCandidates);
    this.kept.length = Math.min(this.kept.length, this.request.limit);
  }

  private rankOf(pattern: Pattern): number | bigint {
    switch (this.request.sort) {
      case 'support':
        return pattern.support;
      case 'value':
        return pattern.value;
      case 'conversion':
        return proportion(pattern.converted, pattern.support).low ?? -1;
      case 'lift':
        return sequenceFigures(pattern, this.totals).lift?.low ?? -1;
    }
  }
}

function compareCandidates(a: Candidate, b: Candidate): number {
  if (a.rank !== b.rank) return a.rank > b.rank ? -1 : 1;
  return (
    b.pattern.support - a.pattern.support ||
    a.pattern.items.length - b.pattern.items.length ||
    compareItems(a.pattern.items, b.pattern.items)
  );
}

/** Sequences of one length. */
function compareItems(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((item, index) => item !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
