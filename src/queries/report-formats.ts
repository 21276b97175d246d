import { csvCell } from '../domain/csv-cell.js';
import type { AttributionAnswer, Format } from './attribution.js';

/** A report as text of a format, and the headers that say what its rows do not. */
export interface FormattedReport {
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Media types of tables. */
export const MEDIA_TYPES: Readonly<Record<Exclude<Format, 'json'>, string>> = {
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
};

/** Writes the rows as a table; position, version and sums go into headers. */
export function writeReport(answer: AttributionAnswer, format: Exclude<Format, 'json'>): FormattedReport {
  const headers = {
    'content-type': MEDIA_TYPES[format],
    'touchline-as-of': answer.asOf,
    'touchline-model-version': String(answer.modelVersion),
    'touchline-total': answer.total.amount,
    'touchline-attributed': answer.attributed.amount,
    'touchline-unattributed': answer.unattributed.amount,
    'touchline-selected': answer.selected.amount,
    'touchline-currency': answer.currency,
    ...(answer.next === null ? {} : { 'touchline-next': answer.next }),
  };
  return { text: format === 'csv' ? csvOf(answer) : ndjsonOf(answer), headers };
}

/** One line a row, each with what it takes to read it alone. */
const ndjsonOf = ({ rows, asOf, modelVersion, model, metric }: AttributionAnswer): string =>
  rows.map((row) => `${JSON.stringify({ asOf, modelVersion, model, metric, ...row })}\n`).join('');

function csvOf({ rows, by, asOf, modelVersion, model, metric, currency }: AttributionAnswer): string {
  const head = [...by, 'label', 'value', 'currency', 'share', 'opportunities', 'touches'];
  const lines = rows.map(({ keys, label, value, share, opportunities, touches, invested, ratio }) => [
    ...[...keys, label].map(csvCell),
    value.amount,
    currency,
    String(share),
    String(opportunities),
    String(touches),
    model,
    metric,
    asOf,
    String(modelVersion),
    ...(invested === undefined ? [] : [invested?.amount ?? '', String(ratio ?? '')]),
  ]);
  const returned = rows.some((row) => row.invested !== undefined) ? ['invested', 'ratio'] : [];
  const all = [[...head, 'model', 'metric', 'asOf', 'modelVersion', ...returned], ...lines];
  return all.map((line) => `${line.join(',')}\r\n`).join('');
}
