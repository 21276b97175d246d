import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import type { AttributionAnswer, CreditItem, Format } from './attribution.js';
import { replyWithTable } from './tables/reply-with-table.js';
import type { SentTable } from './tables/sent-table.js';
import { batchesOf, type Batches, type Column, type Table } from './tables/table.js';
import { byteStream, MEDIA_TYPES, type TableFormat, tableStream } from './tables/table-formats.js';

const ROWS_AT_ONCE = 1_000;

/** The rows as a table; position, version and sums go into headers. */
export async function writeReport(
  answer: AttributionAnswer,
  format: Exclude<Format, 'json'>,
): Promise<SentTable> {
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
  const rows = batchesOf(answer.rows, ROWS_AT_ONCE);
  const body =
    format === 'ndjson'
      ? byteStream(linesOf(answer, rows))
      : await tableStream(format, tableOf(answer, format), rows);
  return { asOf: answer.asOf, headers, body };
}

/** The answer in its format. */
export const replyWithReport = async (
  request: FastifyRequest,
  reply: FastifyReply,
  answer: AttributionAnswer,
  format: Format,
): Promise<AttributionAnswer | Readable | undefined> =>
  format === 'json' ? answer : replyWithTable(request, reply, await writeReport(answer, format));

/** One line a row, each with what it takes to read it alone. */
async function* linesOf(
  { asOf, modelVersion, model, metric }: AttributionAnswer,
  batches: Batches<CreditItem>,
): AsyncGenerator<Uint8Array, void> {
  for await (const rows of batches)
    yield Buffer.from(
      rows.map((row) => `${JSON.stringify({ asOf, modelVersion, model, metric, ...row })}\n`).join(''),
    );
}

function tableOf(answer: AttributionAnswer, format: TableFormat): Table<CreditItem> {
  const { by, asOf, modelVersion, model, metric, currency } = answer;
  const exact: Column<CreditItem> = {
    name: 'minor',
    type: 'bigint',
    of: ({ value }) => minorOf(value.amount),
  };
  return {
    columns: [
      ...by.map((cut, index) => textColumn(cut, ({ keys }) => keys[index] ?? null)),
      textColumn('label', ({ label }) => label),
      { name: 'value', type: 'decimal', of: ({ value }) => value.amount },
      // What reads CSV by the places of its columns would not expect another.
      ...(format === 'csv' ? [] : [exact]),
      textColumn('currency', () => currency),
      { name: 'share', type: 'double', of: ({ share }) => share },
      { name: 'opportunities', type: 'integer', of: ({ opportunities }) => opportunities },
      { name: 'touches', type: 'integer', of: ({ touches }) => touches },
      textColumn('model', () => model),
      textColumn('metric', () => metric),
      { name: 'asOf', type: 'decimal', of: () => asOf },
      { name: 'modelVersion', type: 'integer', of: () => modelVersion },
      ...(answer.returns === undefined ? [] : RETURN_COLUMNS),
    ],
    metadata: { asOf, modelVersion: String(modelVersion), model, metric, currency },
  };
}

/** Null where nothing was invested. */
const RETURN_COLUMNS: readonly Column<CreditItem>[] = [
  { name: 'invested', type: 'decimal', of: ({ invested }) => invested?.amount ?? null },
  { name: 'ratio', type: 'double', of: ({ ratio }) => ratio ?? null },
];

/** Minor units of an amount, also where JSON does not hold them. */
const minorOf = (amount: string): bigint => BigInt(amount.replace('.', ''));

const textColumn = (name: string, of: (row: CreditItem) => string | null): Column<CreditItem> => ({
  ...{ name, type: 'text', of },
});
