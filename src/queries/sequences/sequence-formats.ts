import { csvCell } from '../../domain/csv-cell.js';
import { MEDIA_TYPES } from '../tables/table-formats.js';
import type { SequenceItem, SequencesAnswer } from './sequence-answer.js';

export const SEQUENCE_FORMATS = ['json', 'csv', 'ndjson'] as const;
export type SequenceFormat = (typeof SEQUENCE_FORMATS)[number];

interface FormattedSequences {
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Writes the rows as a table; what they are of goes into headers. */
export function writeSequences(
  answer: SequencesAnswer,
  format: Exclude<SequenceFormat, 'json'>,
): FormattedSequences {
  const headers = {
    'content-type': MEDIA_TYPES[format],
    'touchline-as-of': answer.asOf,
    'touchline-model-version': String(answer.modelVersion),
    'touchline-currency': answer.currency,
    'touchline-truncated': String(answer.truncated),
  };
  return { text: format === 'csv' ? csvOf(answer) : ndjsonOf(answer), headers };
}

const ndjsonOf = ({ rows, asOf, modelVersion, by, metric }: SequencesAnswer): string =>
  rows.map((row) => `${JSON.stringify({ asOf, modelVersion, by, metric, ...row })}\n`).join('');

const HEAD = [
  ...['sequence', 'label', 'length', 'support', 'converted', 'conversion', 'conversionLow', 'conversionHigh'],
  ...['journeysWithout', 'convertedWithout', 'conversionWithout', 'lift', 'liftLow', 'liftHigh'],
  ...['value', 'currency', 'smallSample', 'by', 'metric', 'asOf', 'modelVersion'],
];

function csvOf({ rows, ...answer }: SequencesAnswer): string {
  const number = (value: number | null | undefined): string => String(value ?? '');
  const lineOf = (row: SequenceItem): string[] => [
    ...[csvCell(JSON.stringify(row.keys)), csvCell(row.label), String(row.keys.length), String(row.support)],
    ...[row.converted, row.conversion.rate, row.conversion.low, row.conversion.high].map(number),
    ...[row.journeysWithout, row.convertedWithout, row.conversionWithout.rate].map(number),
    ...[row.lift?.value, row.lift?.low, row.lift?.high].map(number),
    ...[row.value.amount, answer.currency, String(row.smallSample), answer.by, answer.metric],
    ...[answer.asOf, String(answer.modelVersion)],
  ];
  return [HEAD, ...rows.map(lineOf)].map((line) => `${line.join(',')}\r\n`).join('');
}
