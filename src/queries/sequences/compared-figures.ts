import type { SequenceFigures } from '../../domain/sequences/ranked-sequences.js';
import { estimateItem, shareItem } from '../estimates.js';
import { FEW } from '../planning/cautions.js';
import type { SequenceItem } from './sequence-answer.js';

export type ComparedFigures = Pick<
  SequenceItem,
  'conversion' | 'journeysWithout' | 'conversionWithout' | 'lift' | 'difference' | 'smallSample'
>;

/** How journeys with something converted, beside those without it. */
export const comparedFigures = ({
  conversion,
  without,
  lift,
  difference,
}: SequenceFigures): ComparedFigures => ({
  conversion: shareItem(conversion),
  journeysWithout: without.trials,
  conversionWithout: shareItem(without),
  ...{ lift: estimateItem(lift), difference: estimateItem(difference) },
  smallSample: Math.min(conversion.successes, without.successes) < FEW,
});

/** @param rest what few of means: `conversions with or without` */
export function fewCaution(
  rows: readonly Pick<ComparedFigures, 'smallSample'>[],
  rest: string,
): readonly string[] {
  const few = rows.filter(({ smallSample }) => smallSample).length;
  return few === 0 ? [] : [`${few} of ${rows.length} rows rest on fewer than ${FEW} ${rest}`];
}
