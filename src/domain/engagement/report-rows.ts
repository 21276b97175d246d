import { NONE, type Vocabulary } from './vocabulary.js';

/** A cell of a report before it is shown: for each cut a number of the vocabulary, or a month. */
export interface CodedRow {
  readonly codes: readonly number[];
  /** The number of the title of its content. */
  readonly title: number;
  /** Leads in it: the largest cells come first. */
  readonly size: number;
}

export interface RowOrder {
  readonly by: readonly string[];
  /** Where absent keys stand among cells of one size. */
  readonly absent: 'first' | 'last';
}

/** By time if the first cut is the month, then the largest first, then by keys. */
export function compareRows(
  { by, absent }: RowOrder,
  vocabulary: Vocabulary,
): (a: CodedRow, b: CodedRow) => number {
  const isMonth = by.map((cut) => cut === 'month');
  const compareKeys = (a: CodedRow, b: CodedRow): number => {
    for (let index = 0; index < by.length; index += 1) {
      const one = a.codes[index] ?? NONE;
      const other = b.codes[index] ?? NONE;
      if (one === other) continue;
      if (isMonth[index]) return one - other;
      if (one < 0 || other < 0) return (absent === 'first') === one < 0 ? -1 : 1;
      return vocabulary.compare(one, other);
    }
    return 0;
  };
  return (a, b) =>
    (isMonth[0] ? (a.codes[0] ?? 0) - (b.codes[0] ?? 0) : 0) || b.size - a.size || compareKeys(a, b);
}

/** The keys as a report shows them, null where there is none. */
export const keysOf = (
  { codes }: CodedRow,
  by: readonly string[],
  vocabulary: Vocabulary,
): (string | null)[] =>
  codes.map((code, index) => (by[index] === 'month' ? monthText(code) : vocabulary.textOf(code)));

const MONTHS = 12;

/** @param month since year 0 */
const monthText = (month: number): string =>
  `${String(Math.floor(month / MONTHS)).padStart(4, '0')}-${String((month % MONTHS) + 1).padStart(2, '0')}`;

/** Of two titles the one that comes last; a cell is labelled with the last of all. */
export const lastTitle = (a: number, b: number, vocabulary: Vocabulary): number =>
  a === b || vocabulary.compare(a, b) > 0 ? a : b;
